// 过卡查询: passages by trip, medium, plate, box, gate, lane, verdict, outcome and day. Conditions live in the address.
import { ReloadOutlined } from "@ant-design/icons";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { useMemo, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { Refusal } from "../api/problem.ts";
import { Conditions, defaults, type Asked } from "../declaration/conditions.tsx";
import type { Condition } from "../declaration/description.ts";
import { Paging } from "../declaration/paging.tsx";
import { Failed, Waiting } from "../declaration/states.tsx";
import { PageTitle } from "../frame/page-title.tsx";
import { useSettings } from "../frame/settings.tsx";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import { listPassages, type Passage } from "./gate.ts";
import { PassageTable } from "./passage-table.tsx";
import { outcomes, verdicts, y } from "./words.ts";
import "../style/yard.css";

const codes = (of: typeof verdicts) => ({ list: Object.entries(of).map(([code, { label }]) => ({ code, name: label })) });
const conditions: Condition[] = [
  { name: "plate", label: y.plate, is: "text", max: 16 },
  { name: "medium_key", label: y.mediumKey, is: "text", max: 64 },
  { name: "trip_no", label: y.tripNo, is: "text", max: 32 },
  { name: "verdict", label: y.verdict, is: "code", of: codes(verdicts) },
  { name: "outcome", label: y.outcome, is: "code", of: codes(outcomes) },
  { name: "gate_id", label: y.gate, is: "text", max: 32 },
  { name: "lane_id", label: y.lane, is: "text", max: 32 },
  { name: "container_no", label: y.containerNo, is: "text", max: 11 },
  { name: "day", label: y.arrived, is: "range", from: "from", to: "to", defaultDays: 7 },
];
const filled = (asked: Asked): Asked => Object.fromEntries(Object.entries(asked).flatMap(([name, value]) => (value.trim() === "" ? [] : [[name, value.trim()]])));

export default function Passages() {
  const say = useSay();
  const navigate = useNavigate();
  const settings = useSettings();
  const [search] = useSearchParams();
  const asked = useMemo(() => {
    const told = Object.fromEntries(search.entries());
    return Object.keys(told).length > 0 ? told : { ...defaults(conditions), page_size: String(settings.pageSize) };
  }, [search, settings.pageSize]);
  const { page: _page, page_size: _size, count_all: _count, ...chosen } = asked;
  const [typed, setTyped] = useState<Asked>(chosen);
  const list = useQuery({ queryKey: ["yard", "passages", asked], queryFn: () => listPassages(asked as Record<string, string>), placeholderData: keepPreviousData, retry: false });
  const go = (next: Asked) => void navigate(`/yard/passages?${new URLSearchParams(next).toString()}`);
  const query = () => {
    const next = { ...filled(typed), page: "1", page_size: asked.page_size ?? String(settings.pageSize) };
    if (JSON.stringify(next) === JSON.stringify(asked)) void list.refetch();
    else go(next);
  };
  const refusal = list.isError ? Refusal.of(list.error) : null;
  return (
    <div className="query yard-passages">
      <PageTitle>{say(y.passages)}</PageTitle>
      <Conditions conditions={conditions} typed={typed} faults={refusal?.fields ?? []} onChange={setTyped} onQuery={query} onReset={() => setTyped(defaults(conditions))} />
      <div className="actions bar">
        <span className="grow" />
        <Button icon={<ReloadOutlined />} aria-label={say(w.reload)} title={say(w.reload)} loading={list.isFetching} onClick={() => void list.refetch()} />
      </div>
      {refusal && refusal.fields.length === 0 && <Failed error={refusal} again={() => void list.refetch()} />}
      {refusal && refusal.fields.length > 0 && <Alert type="error" showIcon title={say(refusal.text)} />}
      {list.isPending && <Waiting again={() => void list.refetch()} />}
      {list.data && (
        <>
          <PassageTable passages={list.data.items as unknown as Passage[]} label={say(w.results)} />
          <Paging listing={list.data} turn={(page, size) => go({ ...asked, page: String(page), page_size: String(size) })} countAll={() => go({ ...asked, count_all: "true" })} />
        </>
      )}
    </div>
  );
}
