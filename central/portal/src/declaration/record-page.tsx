// 详情页: the record read-only: content, receipts and events, versions; its buttons are the record's `actions` (PO-206, PO-247).
import { CopyOutlined, PrinterOutlined, ReloadOutlined } from "@ant-design/icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Tabs } from "antd";
import { useCallback, useRef } from "react";
import { useParams } from "react-router";
import { Refusal } from "../api/problem.ts";
import { PageTitle } from "../frame/page-title.tsx";
import { newCopy } from "../frame/new-copy.ts";
import { useTab, useTabs } from "../frame/tabs.tsx";
import { isDeclarant, usePerson, useSession } from "../session/session.tsx";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import { AttachmentsPart } from "./attachments.tsx";
import { ChangesTable, ContentView, type Change } from "./content-view.tsx";
import type { Manual, RecordJson } from "./description.ts";
import { LaterPartBox } from "./later-part.tsx";
import { leaveCopied } from "./entry-page.tsx";
import { BOUND, useShortcuts } from "./keys.ts";
import { NewButton } from "./new-button.tsx";
import { usePapers } from "./papers.tsx";
import { ReceiptsTable } from "./receipts-panel.tsx";
import { SignaturesView } from "./signatures-view.tsx";
import { day, instant } from "./show.ts";
import { Failed, Waiting } from "./states.tsx";
import { StatusMark } from "./status.tsx";
import { useGone, useGoneElsewhere, useRemoval } from "./use-removal.tsx";
import { VersionsView } from "./versions-view.tsx";

/** A record that waits for an answer is looked at again this often, while its page is in front. */
const AGAIN_MS = 5000;

export function RecordPage({ manual }: { manual: Manual }) {
  const { number = "" } = useParams();
  const tab = useTab();
  const record = useQuery({
    queryKey: [manual.slug, "record", number],
    queryFn: () => manual.calls.show(number),
    refetchInterval: (query) => {
      const found = query.state.data;
      const waits = found !== undefined && (manual.statuses[found.status]?.tone === "waiting" || (manual.marks?.(found).length ?? 0) > 0);
      return tab.isActive && waits ? AGAIN_MS : false;
    },
  });
  useGoneElsewhere(manual, number, record.data !== undefined && record.isError && Refusal.of(record.error).status === 404);
  if (record.isPending) return <Waiting again={() => void record.refetch()} />;
  if (record.isError) return <Failed error={record.error} again={() => void record.refetch()} />;
  return <Shown manual={manual} number={number} record={record.data} reload={() => void record.refetch()} />;
}

function Shown({ manual, number, record, reload }: { manual: Manual; number: string; record: RecordJson; reload: () => void }) {
  const say = useSay();
  const tab = useTab();
  const tabs = useTabs();
  const queries = useQueryClient();
  const gone = useGone(manual);
  const may = (action: string) => record.actions.includes(action);
  const copy = async () => {
    if (!manual.calls.copy) return;
    const key = newCopy();
    leaveCopied(key, await manual.calls.copy(number));
    tabs.open(`/${manual.slug}/new/${key}`);
  };
  const ask = useRemoval(manual);
  const remove = () =>
    ask(say(w.deleteWhat, { number }), () => manual.calls.remove(number, record.version), () => gone([number]), record.status);
  const print = () => window.print();
  const { place } = useSession();
  const person = usePerson();
  const papers = usePapers(manual.papers, number, record);
  useShortcuts(
    {
      remove: { ...BOUND.remove, enabled: may("delete"), run: () => void remove() },
      copy: { ...BOUND.copy, enabled: may("copy"), run: () => void copy() },
      print: { ...BOUND.print, run: print },
    },
    tab.isActive,
  );
  const changes = Array.isArray(record.changes) ? (record.changes as Change[]) : [];
  const { versions, signatures } = manual.calls;
  const typing = useRef(new Set<string>());
  const { setDirty } = tabs;
  const onDirty = useCallback((name: string, isDirty: boolean) => {
    if (isDirty) typing.current.add(name);
    else typing.current.delete(name);
    setDirty(tab.key, typing.current.size > 0);
  }, [setDirty, tab.key]);
  const later = (manual.later ?? []).filter((part) => part.exists(record));
  const stored = (next: RecordJson) => {
    queries.setQueryData([manual.slug, "record", number], next);
    void queries.invalidateQueries({ queryKey: [manual.slug, "list"] });
  };
  const items = [
    {
      key: "content",
      label: say(w.content),
      children: (
        <>
          {changes.length > 0 && (
            <section className="section">
              <h2>{say(w.changes)}</h2>
              <ChangesTable manual={manual} changes={changes} />
            </section>
          )}
          <ContentView manual={manual} content={record} marked={new Set(changes.map((change) => change.path))} />
          {later.map((part) => (
            <LaterPartBox key={part.name} manual={manual} part={part} number={number} record={record} onStored={stored} onDirty={onDirty} send={(submission) => tabs.move(tab.key, `/${manual.slug}/${number}/sign/${submission.action}`)} />
          ))}
        </>
      ),
    },
    { key: "receipts", label: say(w.receipts), children: <ReceiptsTable manual={manual} number={number} version={record.version} /> },
    ...(manual.attachments ? [{ key: "files", label: `${say(w.files)} (${manual.attachments.of(record).length})`, children: <AttachmentsPart part={manual.attachments} number={number} record={record} /> }] : []),
    ...(versions ? [{ key: "versions", label: say(w.versions), children: <VersionsView manual={manual} number={number} load={versions} /> }] : []),
    ...(signatures ? [{ key: "signatures", label: say(w.signatures), children: <SignaturesView manual={manual} number={number} version={record.version} calls={signatures} /> }] : []),
  ];
  const own = manual.actions.filter((action) => action.to && action.name !== "view" && may(action.name));
  const signs = manual.submissions.filter((submission) => may(submission.action) && !own.some((action) => action.name === submission.action) && !(manual.later ?? []).some((part) => part.sends === submission.action));
  return (
    <div className="record">
      <PageTitle>{`${say(manual.title)} ${number}`}</PageTitle>
      <div className="actions">
        {own.map((action) => (
          <Button key={action.name} type={action.danger ? "default" : "primary"} danger={action.danger} onClick={() => action.to && tabs.move(tab.key, action.to(number))}>{say(action.label)}</Button>
        ))}
        {signs.map((submission) => (
          <Button key={submission.action} type="primary" onClick={() => tabs.move(tab.key, `/${manual.slug}/${number}/sign/${submission.action}`)}>{say(submission.label)}</Button>
        ))}
        {may("delete") && <Button danger onClick={remove} aria-keyshortcuts="Alt+R">{say(w.remove)}</Button>}
        {may("copy") && <Button icon={<CopyOutlined />} onClick={() => void copy()} aria-keyshortcuts="Alt+C">{say(w.copy)}</Button>}
        {isDeclarant(person) && <NewButton slug={manual.slug} kinds={manual.kinds} plain />}
        <Button icon={<PrinterOutlined />} onClick={print} aria-keyshortcuts="Alt+P">{say(w.print)}</Button>
        {papers.button}
        <span className="grow" />
        <span className="digits number">{number}</span>
        <StatusMark manual={manual} status={record.status} />
        {(manual.marks?.(record) ?? []).map((mark) => <span key={mark[1]} className="tag" data-open>{say(mark)}</span>)}
        <Button icon={<ReloadOutlined />} aria-label={say(w.reload)} title={say(w.reload)} onClick={reload} />
      </div>
      {papers.told}
      <p className="print-only digits">{place.training && <strong>{say(w.training)} · </strong>}{`${say(manual.title)} · ${number} · ${say(manual.statuses[record.status]?.label ?? w.status)} · ${day()} ${instant(new Date().toISOString()).slice(11)}`}{manual.statuses[record.status]?.tone === "draft" && <strong> {say(w.printDraft)}</strong>}</p>
      <Tabs className="on-screen" items={items} size="small" />
      <div className="print-only">
        <ContentView manual={manual} content={record} />
        {manual.attachments && <AttachmentsPart part={manual.attachments} number={number} record={record} />}
        {may("receipts") && (
          <>
            <h2>{say(w.receipts)}</h2>
            <ReceiptsTable manual={manual} number={number} version={record.version} />
          </>
        )}
      </div>
    </div>
  );
}
