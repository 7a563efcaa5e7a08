// 统计: applications, decisions and the mean time to a decision of a period, an office a row, with their sum (AE-169).
import { DownloadOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { api, dataAs } from "../api/client.ts";
import { Refusal } from "../api/problem.ts";
import { CodeName } from "../declaration/codes.ts";
import { Conditions, defaults, type Asked } from "../declaration/conditions.tsx";
import type { Condition } from "../declaration/description.ts";
import { saveBlob } from "../declaration/save-blob.ts";
import { Failed, Waiting } from "../declaration/states.tsx";
import { PageTitle } from "../frame/page-title.tsx";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import { customsOffice } from "./form.ts";
import { a } from "./words.ts";

interface Figures {
  customs_code: string;
  applications: number;
  approved: number;
  rejected: number;
  mean_seconds_to_decision: number | null;
}

const PATH = "/desk/attendance-exemptions/statistics";
const conditions: Condition[] = [
  { name: "period", label: ["期间", "Period"], is: "range", from: "date_from", to: "date_to", required: true, defaultDays: 30 },
  { name: "customs_code", label: ["查验地海关", "Office of inspection"], is: "code", of: customsOffice },
];

/** `1:02:03`, hours first. */
function clockOf(seconds: number | null): string {
  if (seconds === null) return "—";
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${hours}:${String(minutes).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
}

/** The offices together; the mean counts each decision once. */
function sum(items: Figures[]): Omit<Figures, "customs_code"> {
  const of = (name: "applications" | "approved" | "rejected") => items.reduce((all, one) => all + one[name], 0);
  const decided = of("approved") + of("rejected");
  const seconds = items.reduce((all, one) => all + (one.mean_seconds_to_decision ?? 0) * (one.approved + one.rejected), 0);
  return { applications: of("applications"), approved: of("approved"), rejected: of("rejected"), mean_seconds_to_decision: decided > 0 ? Math.floor(seconds / decided) : null };
}

export default function Statistics() {
  const say = useSay();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const told = Object.fromEntries(search.entries());
  const asked: Asked = Object.keys(told).length > 0 ? told : defaults(conditions);
  const [typed, setTyped] = useState<Asked>(asked);
  const figures = useQuery({
    queryKey: ["desk", "attendance-exemptions", "statistics", asked],
    queryFn: () => dataAs<{ items: Figures[] }>(api.GET("/api/v1/desk/attendance-exemptions/statistics", { params: { query: asked } })),
    retry: false,
  });
  const query = () => {
    const next = new URLSearchParams(Object.entries(typed).filter(([, value]) => value.trim() !== "")).toString();
    if (next === new URLSearchParams(asked).toString()) void figures.refetch();
    else void navigate(`${PATH}?${next}`);
  };
  const refusal = figures.isError ? Refusal.of(figures.error) : null;
  const items = figures.data?.items ?? [];
  const all = sum(items);
  const save = () => {
    const rows = [
      [a.office, a.applications, a.agreed, a.notAgreed, a.mean].map((text) => say(text)),
      ...items.map((one) => [one.customs_code, one.applications, one.approved, one.rejected, one.mean_seconds_to_decision === null ? "" : clockOf(one.mean_seconds_to_decision)]),
    ];
    // The mark at the front makes spreadsheets read it as UTF-8.
    const file = new Blob([`\ufeff${rows.map((row) => row.join(",")).join("\r\n")}\r\n`], { type: "text/csv;charset=utf-8" });
    saveBlob(file, `attendance-exemptions-${asked.date_from}-${asked.date_to}.csv`);
  };
  return (
    <div className="query">
      <PageTitle>{say(a.figures)}</PageTitle>
      <Conditions conditions={conditions} typed={typed} faults={refusal?.fields ?? []} onChange={setTyped} onQuery={query} onReset={() => setTyped(defaults(conditions))} />
      <div className="actions bar">
        <span className="grow" />
        <Button icon={<DownloadOutlined />} disabled={items.length === 0} onClick={save}>{say(a.csv)}</Button>
      </div>
      {refusal && refusal.fields.length === 0 && <Failed error={refusal} again={() => void figures.refetch()} />}
      {refusal && refusal.fields.length > 0 && <Alert type="error" showIcon title={say(refusal.text)} />}
      {figures.isPending && <Waiting again={() => void figures.refetch()} />}
      {figures.data && (
        <div className="table-scroll" tabIndex={0} role="region" aria-label={say(a.figures)}>
          <table className="table figures">
            <thead>
              <tr>
                <th scope="col">{say(a.office)}</th>
                <th scope="col" data-numeric>{say(a.applications)}</th>
                <th scope="col" data-numeric>{say(a.agreed)}</th>
                <th scope="col" data-numeric>{say(a.notAgreed)}</th>
                <th scope="col" data-numeric>{say(a.mean)}</th>
              </tr>
            </thead>
            <tbody>
              {items.map((one) => (
                <tr key={one.customs_code}>
                  <td><CodeName of={customsOffice} code={one.customs_code} /></td>
                  <Numbers of={one} />
                </tr>
              ))}
              {items.length === 0 && <tr><td className="none" colSpan={5}>{say(w.empty)}</td></tr>}
            </tbody>
            {items.length > 0 && (
              <tfoot>
                <tr>
                  <th scope="row">{say(a.sum)}</th>
                  <Numbers of={all} />
                </tr>
              </tfoot>
            )}
          </table>
        </div>
      )}
      <p className="soft">{say(a.counted)}</p>
    </div>
  );
}

function Numbers({ of }: { of: Omit<Figures, "customs_code"> }) {
  return (
    <>
      <td data-numeric>{of.applications}</td>
      <td data-numeric>{of.approved}</td>
      <td data-numeric>{of.rejected}</td>
      <td data-numeric>{clockOf(of.mean_seconds_to_decision)}</td>
    </>
  );
}
