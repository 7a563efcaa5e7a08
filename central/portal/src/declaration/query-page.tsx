// 查询页: conditions, bar, result list, count, receipts panel (PO-200..PO-217, PO-230). Conditions live in the address, so that a link shows the same list.
import { BarChartOutlined, DeleteOutlined, DownloadOutlined, ReloadOutlined, UploadOutlined } from "@ant-design/icons";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Alert, Button, Dropdown, Popover } from "antd";
import { useEffect, useMemo, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { PageTitle } from "../frame/page-title.tsx";
import { Refusal } from "../api/problem.ts";
import { useSettings } from "../frame/settings.tsx";
import { useTab, useTabs } from "../frame/tabs.tsx";
import { isDeclarant, usePerson } from "../session/session.tsx";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import { Conditions, defaults, settled, type Asked } from "./conditions.tsx";
import type { Manual, RecordJson } from "./description.ts";
import { BOUND, useShortcuts } from "./keys.ts";
import { ListSettings, useColumns } from "./list-settings.tsx";
import { NewButton } from "./new-button.tsx";
import { Paging } from "./paging.tsx";
import { ReceiptsPanel } from "./receipts-panel.tsx";
import { ResultTable } from "./result-table.tsx";
import { saveBlob } from "./save-blob.ts";
import { asAsked } from "./saved-conditions.ts";
import { SavedQueries, useSavedQueries } from "./saved-queries.tsx";
import { day } from "./show.ts";
import { Failed, Waiting } from "./states.tsx";
import { UnsavedEntries } from "./unsaved.tsx";
import { useGone, useRemoval } from "./use-removal.tsx";

const filled = (asked: Asked): Asked => Object.fromEntries(Object.entries(asked).flatMap(([name, value]) => (value.trim() === "" ? [] : [[name, value.trim()]])));
/** A list that is no older than this is not asked for again when its tab comes to the front. */
const FRESH_MS = 2000;

/** Begins with what its person has chosen to begin with, or else with what the manual says. */
export function QueryPage({ manual }: { manual: Manual }) {
  const saved = useSavedQueries(manual.name);
  if (saved.isPending) return <Waiting />;
  const chosen = saved.data?.find((query) => query.is_default);
  return <Listed manual={manual} begin={chosen ? asAsked(manual.conditions, chosen.conditions) : defaults(manual.conditions)} />;
}

function Listed({ manual, begin: first }: { manual: Manual; begin: Asked }) {
  const say = useSay();
  const person = usePerson();
  const tab = useTab();
  const tabs = useTabs();
  const gone = useGone(manual);
  const navigate = useNavigate();
  const settings = useSettings();
  const [search] = useSearchParams();
  // Whoever chooses another beginning does not want another list under the eyes.
  const [begin] = useState(first);
  const asked = useMemo(() => {
    const told = Object.fromEntries(search.entries());
    return Object.keys(told).length > 0 ? told : { ...begin, page_size: String(settings.pageSize) };
  }, [search, begin, settings.pageSize]);
  const { page: _page, page_size: _size, count_all: _count, ...conditions } = asked;
  const [typed, setTyped] = useState<Asked>(conditions);
  const [ticked, setTicked] = useState(new Set<string>());
  const [panel, setPanel] = useState<string | null>(null);
  const [notExported, setNotExported] = useState<Refusal | null>(null);
  const list = useQuery({ queryKey: [manual.slug, "list", asked], queryFn: () => manual.calls.list(asked as Record<string, string>), placeholderData: keepPreviousData, retry: false });
  // Whoever comes back to the list sees it as it is now.
  const { dataUpdatedAt, refetch } = list;
  useEffect(() => {
    if (tab.isActive && dataUpdatedAt > 0 && Date.now() - dataUpdatedAt > FRESH_MS) void refetch();
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [tab.isActive]);

  const go = (next: Asked) => {
    setTicked(new Set());
    void navigate(`/${manual.slug}?${new URLSearchParams(next).toString()}`);
  };
  const query = () => {
    const next = { ...filled(settled(manual.conditions, typed)), page: "1", page_size: asked.page_size ?? String(settings.pageSize) };
    if (JSON.stringify(next) === JSON.stringify(asked)) void list.refetch();
    else go(next);
  };
  const turn = (page: number, size: number) => go({ ...(asked), page: String(page), page_size: String(size) });
  const { columns, widths, setWidth } = useColumns(manual.slug, manual.columns);
  const apply = (saved: Asked) => {
    setTyped(saved);
    go({ ...saved, page: "1", page_size: asked.page_size ?? String(settings.pageSize) });
  };
  const declares = isDeclarant(person);
  const { deleteMany, exported, importAddress } = manual.calls;
  const records = list.data?.items ?? [];
  const numberOf = (record: RecordJson) => String(record[manual.number]);
  const chosen = records.filter((record) => ticked.has(numberOf(record)));
  const refusal = list.isError ? Refusal.of(list.error) : null;

  const ask = useRemoval(manual);
  const removed = (numbers: string[]) => {
    setTicked(new Set());
    if (panel && numbers.includes(panel)) setPanel(null);
    return gone(numbers);
  };
  const removeTicked = () =>
    ask(say(w.deleteMany, { count: chosen.length }), async () => deleteMany?.(chosen.map((record) => ({ number: numberOf(record), version: record.version }))), () => removed(chosen.map(numberOf)));
  const removeOne = (record: RecordJson) =>
    ask(say(w.deleteWhat, { number: numberOf(record) }), () => manual.calls.remove(numberOf(record), record.version), () => removed([numberOf(record)]), record.status);
  useShortcuts({ remove: { ...BOUND.remove, enabled: chosen.length > 0, run: () => void removeTicked() } }, tab.isActive);

  const operations = (record: RecordJson) =>
    manual.actions
      .filter((action) => record.actions.includes(action.name))
      .map((action) => (
        <button key={action.name} type="button" className="link" data-danger={action.danger} onClick={() => {
          if (action.name === "receipts") setPanel(numberOf(record));
          else if (action.to) tabs.open(action.to(numberOf(record)));
          else if (action.name === "delete") removeOne(record);
        }}>
          {say(action.label)}
        </button>
      ));
  const save = async (format: "xlsx" | "csv") => {
    if (!exported) return;
    setNotExported(null);
    try {
      saveBlob(await exported(filled(conditions), format), `${manual.slug}-${day()}.${format}`);
    } catch (error) {
      setNotExported(Refusal.of(error));
    }
  };
  const exports = exported && [
    { key: "xlsx", label: "Excel (.xlsx)", onClick: () => void save("xlsx") },
    { key: "csv", label: "CSV", onClick: () => void save("csv") },
  ];
  return (
    <div className="query">
      <PageTitle>{say(manual.title)}</PageTitle>
      <Conditions conditions={manual.conditions} typed={typed} faults={refusal?.fields ?? []} onChange={setTyped} onQuery={query} onReset={() => setTyped(defaults(manual.conditions))} />
      {declares && <UnsavedEntries manual={manual} />}
      <div className="actions bar">
        {declares && <NewButton slug={manual.slug} kinds={manual.kinds} />}
        {declares && importAddress && <Button icon={<UploadOutlined />} onClick={() => tabs.open(importAddress)}>{say(w.importing)}</Button>}
        {declares && deleteMany && <Button icon={<DeleteOutlined />} disabled={chosen.length === 0} onClick={removeTicked} aria-keyshortcuts="Alt+R">{say(w.remove)}</Button>}
        {chosen.length > 0 && <span role="status">{say(w.ticked, { count: chosen.length })}</span>}
        <span className="grow" />
        <SavedQueries manual={manual} typed={filled(typed)} apply={apply} />
        {manual.calls.counts && <Counts manual={manual} conditions={filled(conditions)} />}
        {exports && (
          <Dropdown menu={{ items: exports }} trigger={["click"]}>
            <Button icon={<DownloadOutlined />}>{say(w.export)}</Button>
          </Dropdown>
        )}
        <ListSettings list={manual.slug} all={manual.columns} />
        <Button icon={<ReloadOutlined />} aria-label={say(w.reload)} title={say(w.reload)} loading={list.isFetching} onClick={() => void list.refetch()} />
      </div>
      {notExported && <Alert type="error" showIcon role="alert" closable title={say(notExported.text)} onClose={() => setNotExported(null)} />}
      {refusal && refusal.fields.length === 0 && <Failed error={refusal} again={() => void list.refetch()} />}
      {refusal && refusal.fields.length > 0 && <Alert type="error" showIcon title={say(refusal.text)} />}
      {list.isPending && <Waiting again={() => void list.refetch()} />}
      {list.data && (
        <>
          <ResultTable manual={manual} columns={columns} widths={widths} onWidth={setWidth} records={records} ticked={ticked} canTick={declares && deleteMany !== undefined} selected={panel} onTick={setTicked} onOpen={(number) => tabs.open(`/${manual.slug}/${number}`)} onStatus={setPanel} operations={operations} />
          <Paging listing={list.data} turn={turn} countAll={() => go({ ...(asked), count_all: "true" })} />
        </>
      )}
      {panel && <ReceiptsPanel manual={manual} number={panel} close={() => setPanel(null)} />}
    </div>
  );
}

/** 业务数据统计 (SG-126): how many records of each status the conditions select. */
function Counts({ manual, conditions }: { manual: Manual; conditions: Asked }) {
  const say = useSay();
  const [open, setOpen] = useState(false);
  const counts = useQuery({ queryKey: [manual.slug, "counts", conditions], queryFn: () => manual.calls.counts?.(conditions) ?? Promise.reject(new Error("no counts")), enabled: open });
  const content = counts.isPending ? <Waiting /> : counts.isError ? <Failed error={counts.error} /> : (
    <table className="table">
      <tbody>
        {counts.data.items.map((item) => (
          <tr key={item.status}>
            <th scope="row">{say(manual.statuses[item.status]?.label ?? w.status)}</th>
            <td data-numeric>{item.count}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
  return (
    <Popover open={open} onOpenChange={setOpen} content={content} trigger="click" title={say(w.countBy)}>
      <Button icon={<BarChartOutlined />}>{say(w.statistics)}</Button>
    </Popover>
  );
}
