// 口岸工作时间查询: the working hours of ports, by which a slot and its deadline can be checked (AC-177..AC-183).
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Alert } from "antd";
import { useState } from "react";
import { api, dataAs } from "../api/client.ts";
import { Refusal } from "../api/problem.ts";
import { Conditions, defaults, settled, type Asked } from "../declaration/conditions.tsx";
import type { Condition } from "../declaration/description.ts";
import { Failed, Waiting } from "../declaration/states.tsx";
import { PageTitle } from "../frame/page-title.tsx";
import { w } from "../words/common.ts";
import { useLanguage, useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";
import { port } from "./tables.ts";

const TITLE: Text = ["口岸工作时间查询", "Working hours of ports"];
const HINT: Text = ["请联系口岸或海关更新工作日历", "Ask the port or customs to update the working calendar"];
const UNKNOWN: Text = ["{hint}：{ports}", "{hint}: {ports}"];
const COLUMNS: Text[] = [["口岸编码", "Port"], ["口岸名称", "Name"], ["日期", "Date"], ["星期", "Weekday"], ["开始时间", "Start"], ["结束时间", "End"]];
const conditions: Condition[] = [
  { name: "date", label: ["工作日期", "Working dates"], is: "range", from: "date_from", to: "date_to", mostDays: 15, required: true, ahead: true, defaultDays: 7 },
  { name: "port", label: ["口岸编码", "Port"], is: "code", of: port },
];

interface Hours {
  items: { port: string; port_name: string; date: string; weekday: string; start: string; end: string }[];
  unknown: string[];
  hint: string | null;
}

const filled = (asked: Asked): Asked => Object.fromEntries(Object.entries(asked).filter(([, value]) => value.trim() !== ""));

export default function Page() {
  const say = useSay();
  const language = useLanguage();
  const [typed, setTyped] = useState<Asked>(() => defaults(conditions));
  const [asked, setAsked] = useState<Asked>(() => defaults(conditions));
  const hours = useQuery({
    queryKey: ["working-hours", asked],
    queryFn: () => dataAs<Hours>(api.GET("/api/v1/ports/working-hours", { params: { query: asked as { date_from: string; date_to: string } } })),
    placeholderData: keepPreviousData,
    retry: false,
  });
  const refusal = hours.isError ? Refusal.of(hours.error) : null;
  const query = () => {
    const next = filled(settled(conditions, typed));
    if (JSON.stringify(next) === JSON.stringify(asked)) void hours.refetch();
    else setAsked(next);
  };
  const weekday = (date: string, given: string) => (language === "zh" ? given : new Intl.DateTimeFormat("en", { weekday: "long", timeZone: "UTC" }).format(Date.parse(date)));
  return (
    <div className="query">
      <PageTitle>{say(TITLE)}</PageTitle>
      <Conditions conditions={conditions} typed={typed} faults={refusal?.fields ?? []} onChange={setTyped} onQuery={query} onReset={() => setTyped(defaults(conditions))} />
      {refusal && (refusal.fields.length === 0 ? <Failed error={refusal} again={() => void hours.refetch()} /> : <Alert type="error" showIcon title={say(refusal.text)} />)}
      {hours.isPending && <Waiting again={() => void hours.refetch()} />}
      {hours.data && !refusal && (
        <>
          {hours.data.hint !== null && <Alert type="warning" showIcon role="status" title={hours.data.unknown.length > 0 ? say(UNKNOWN, { hint: say(HINT), ports: hours.data.unknown.join(", ") }) : say(HINT)} />}
          <div className="table-scroll" tabIndex={0} role="region" aria-label={say(w.results)}>
            <table className="table">
              <thead>
                <tr>{COLUMNS.map((column) => <th scope="col" key={column[1]}>{say(column)}</th>)}</tr>
              </thead>
              <tbody>
                {hours.data.items.map((item) => (
                  <tr key={`${item.port} ${item.date} ${item.start}`}>
                    <td>{item.port}</td>
                    <td>{item.port_name}</td>
                    <td className="digits">{item.date}</td>
                    <td>{weekday(item.date, item.weekday)}</td>
                    <td className="digits">{item.start}</td>
                    <td className="digits">{item.end}</td>
                  </tr>
                ))}
                {hours.data.items.length === 0 && <tr><td className="none" colSpan={COLUMNS.length}>{say(w.empty)}</td></tr>}
              </tbody>
            </table>
          </div>
        </>
      )}
    </div>
  );
}
