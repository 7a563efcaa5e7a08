// 审核: one record as the officer sees it, changes first, with what may be done to it; or several ticked ones together.
import { useQuery } from "@tanstack/react-query";
import { App } from "antd";
import { AttachmentsPart } from "../declaration/attachments.tsx";
import { ChangesTable, ContentView, type Change } from "../declaration/content-view.tsx";
import type { RecordJson } from "../declaration/description.ts";
import { ReceiptsTable } from "../declaration/receipts-panel.tsx";
import { Failed, Waiting } from "../declaration/states.tsx";
import { StatusMark } from "../declaration/status.tsx";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import { ActPanel } from "./act-panel.tsx";
import type { DeskManual } from "./description.ts";
import { useNow, Waits } from "./waiting.tsx";
import { d } from "./words.ts";

interface Props {
  of: DeskManual;
  number: string;
  decided: () => Promise<void>;
}

export function Decision({ of, number, decided }: Props) {
  const say = useSay();
  const now = useNow();
  const { message } = App.useApp();
  const { manual } = of;
  const record = useQuery({ queryKey: [manual.slug, "record", number], queryFn: () => manual.calls.show(number) });
  if (record.isPending) return <Waiting again={() => void record.refetch()} />;
  if (record.isError) return <Failed error={record.error} again={() => void record.refetch()} />;
  const { version, status, actions } = record.data;
  const changes = Array.isArray(record.data.changes) ? (record.data.changes as Change[]) : [];
  const done = async () => {
    void message.success(say(w.decided));
    await decided();
  };
  const head = (
    <>
      <span className="digits number">{number}</span>
      <StatusMark manual={manual} status={status} />
      <span className="waits"><Waits of={of} record={record.data} now={now} /></span>
    </>
  );
  return (
    <>
      <ActPanel of={of} records={[{ number, version }]} acts={of.acts.filter((act) => actions.includes(act.name))} head={head} done={done} stale={() => void record.refetch()} />
      {changes.length > 0 && (
        <section className="section">
          <h2>{say(w.changes)}</h2>
          <ChangesTable manual={manual} changes={changes} />
        </section>
      )}
      <ContentView manual={manual} content={record.data} marked={new Set(changes.map((change) => change.path))} />
      {[manual.attachments, ...(manual.later ?? []).map((part) => part.attachments)].map((part) => part && <AttachmentsPart key={part.title[0]} part={part} number={number} record={record.data} />)}
      <section className="section">
        <h2>{say(w.receipts)}</h2>
        <ReceiptsTable manual={manual} number={number} version={version} />
      </section>
    </>
  );
}

/** 批量审核: one act, one signature, all or none of them (PO-216). */
export function BulkDecision({ of, records, decided, stale }: { of: DeskManual; records: RecordJson[]; decided: () => Promise<void>; stale: () => void }) {
  const say = useSay();
  const now = useNow();
  const { message } = App.useApp();
  const numberOf = (record: RecordJson) => String(record[of.manual.number]);
  const acts = of.acts.filter((act) => records.every((record) => record.actions.includes(act.name)));
  const done = async () => {
    void message.success(say(d.allDone, { count: records.length }));
    await decided();
  };
  return (
    <>
      <ActPanel of={of} records={records.map((record) => ({ number: numberOf(record), version: record.version }))} acts={acts} head={<strong>{say(d.several, { count: records.length })}</strong>} done={done} stale={stale} />
      {acts.length === 0 && <p className="empty">{say(d.noCommon)}</p>}
      <section className="section">
        <h2>{say(d.tickedRecords)}</h2>
        <ul className="plain bulk">
          {records.map((record) => (
            <li key={numberOf(record)}>
              <strong>{of.line(record).name}</strong> <span className="digits">{numberOf(record)}</span> <StatusMark manual={of.manual} status={record.status} /> <Waits of={of} record={record} now={now} />
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}
