// 后续录入: a part of the record's page that is typed after customs has answered, stored line by line, and sent by an act of its own.
// Promises: Enter in the last box stores the line at once (AC-126), so that the centre compares it while it is fresh; a line that is refused stays in
// the box with its fault. What was sent stands above, and is not typed over.
import { SaveOutlined, SendOutlined } from "@ant-design/icons";
import { Alert, App, Button } from "antd";
import { useEffect, useRef, useState } from "react";
import { Refusal, saidOf } from "../api/problem.ts";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";
import { AttachmentsPart } from "./attachments.tsx";
import type { Field, LaterPart, Manual, RecordJson, Submission, Values } from "./description.ts";
import type { Fault } from "./field.tsx";
import { FormPart } from "./form-part.tsx";
import { focusFirst, isComposing, neighbour } from "./keys.ts";
import { RowTable } from "./row-table.tsx";

interface Props {
  manual: Manual;
  part: LaterPart;
  number: string;
  record: RecordJson;
  onStored: (record: RecordJson) => void;
  send: (submission: Submission) => void;
  /** Something is typed here that is not stored. */
  onDirty: (name: string, isDirty: boolean) => void;
}

const nothing = () => undefined;
const isNever = () => false;

export function LaterPartBox({ manual, part, number, record, onStored, send, onDirty }: Props) {
  const say = useSay();
  const { message } = App.useApp();
  const kept = part.read(record);
  const [values, setValues] = useState<Values>(kept.values);
  const [row, setRow] = useState<Values>({});
  const [editing, setEditing] = useState<number | null>(null);
  const [ticked, setTicked] = useState(new Set<number>());
  const [faults, setFaults] = useState<Record<string, Fault>>({});
  const [against, setAgainst] = useState<Text[]>([]);
  const [refused, setRefused] = useState<Text[]>([]);
  const [busy, setBusy] = useState(false);
  const [hint, setHint] = useState<Text | null>(null);
  const box = useRef<HTMLFieldSetElement>(null);
  const mayType = record.actions.includes(part.types);
  const submission = manual.submissions.find((one) => one.action === part.sends);
  const maySend = submission !== undefined && record.actions.includes(part.sends);
  const { rows, fields, sent } = part;
  const isDirty = JSON.stringify(values) !== JSON.stringify(kept.values);
  const sentRows = sent?.of(record) ?? [];
  const isTyping = mayType && (isDirty || Object.values(row).some((text) => text.trim() !== ""));
  useEffect(() => {
    onDirty(part.name, isTyping);
    return () => onDirty(part.name, false);
  }, [isTyping, onDirty, part.name]);

  /** Stores these lines and words; what is refused is told where it was typed. */
  const store = async (next: { values: Values; rows: Values[] }): Promise<RecordJson | null> => {
    setBusy(true);
    setRefused([]);
    try {
      const stored = await part.save(number, record.version, next);
      setFaults({});
      setAgainst(stored.against);
      setValues(part.read(stored.record).values);
      onStored(stored.record);
      return stored.record;
    } catch (error) {
      const refusal = Refusal.of(error);
      const told = refusal.fields.length > 0 ? refusal.fields.map(saidOf) : [refusal.text];
      const typedIn = (rows && row[rows.fields[0]?.name ?? ""] ? rows.fields[0] : fields?.[0])?.name;
      setFaults(typedIn && told[0] ? { [typedIn]: { text: told[0], rule: refusal.fields[0]?.rule } } : {});
      setRefused(told);
      return null;
    } finally {
      setBusy(false);
    }
  };
  const storeRow = async () => {
    const missing = rows?.fields.find((field) => field.required === true && !(row[field.name] ?? "").trim());
    if (!rows || missing) {
      if (missing) setFaults({ [missing.name]: { text: w.fieldRequired, rule: "PO-372" } });
      return;
    }
    const next = editing === null ? [...kept.rows, row] : kept.rows.map((old, place) => (place === editing ? row : old));
    if (await store({ values, rows: next })) {
      setRow({});
      setEditing(null);
      setTimeout(() => focusFirst(box.current));
    }
  };
  const removeRows = async () => {
    if (await store({ values, rows: kept.rows.filter((_, place) => !ticked.has(place)) })) {
      setTicked(new Set());
      setRow({});
      setEditing(null);
    }
  };
  const save = async () => {
    const stored = await store({ values, rows: kept.rows });
    if (stored) void message.success(say(w.saved));
    return stored;
  };
  const go = async () => {
    if (submission && (!isDirty || (await save()))) send(submission);
  };
  const walk = (event: React.KeyboardEvent) => {
    if ((event.code !== "Enter" && event.code !== "NumpadEnter") || event.altKey || event.ctrlKey || isComposing(event.nativeEvent)) return;
    const target = event.target as HTMLElement;
    if (!target.closest("[data-field]") || target.tagName === "BUTTON" || !box.current) return;
    if (target.tagName === "TEXTAREA") return;
    event.preventDefault();
    const next = neighbour(box.current, target, event.shiftKey);
    if (next) next.focus();
    else if (!event.shiftKey && rows) void storeRow();
  };
  const set = (change: typeof setValues) => (name: string, value: string) => {
    setFaults(({ [name]: _, ...rest }) => rest);
    change((old) => ({ ...old, [name]: value }));
  };
  const faultAt = (name: string) => faults[name];
  const onFault = (name: string, fault: Fault | null) => setFaults(({ [name]: _, ...rest }) => (fault ? { ...rest, [name]: fault } : rest));
  const shared = { around: { header: values, row }, prefix: "", faultAt, onFault, onLeave: nothing, onHint: setHint };
  const lead = part.lead?.(record);
  return (
    <fieldset className="section later" ref={box} onKeyDown={walk} data-part={part.name}>
      <legend>{say(part.title)}</legend>
      {lead && <p className="limits">{say(lead)}</p>}
      {refused.length > 0 && <Alert type="error" showIcon role="alert" title={refused.map((text) => <div key={text[1]}>{say(text)}</div>)} />}
      {against.length > 0 && <Alert type="warning" showIcon role="alert" title={against.map((text) => <div key={text[1]}>{say(text)}</div>)} />}
      {sent && sentRows.length > 0 && (
        <>
          <h3>{say(sent.title)}</h3>
          <RowTable rows={{ name: part.name, title: sent.title, most: sentRows.length, fields: sent.fields }} values={sentRows} editing={null} ticked={new Set()} faulty={new Set()} shut onEdit={nothing} onTick={nothing} />
        </>
      )}
      {fields && <FormPart {...shared} fields={fields} values={values} isShut={(_: Field) => !mayType} onChange={set(setValues)} />}
      {rows && mayType && <FormPart {...shared} fields={rows.fields} values={row} isShut={isNever} onChange={set(setRow)} />}
      {mayType && (
        <div className="actions rows">
          {rows && <Button size="small" disabled={busy || (editing === null && kept.rows.length + sentRows.length >= rows.most)} onClick={() => void storeRow()}>{say(editing === null ? w.create : w.saveRow)}</Button>}
          {rows && <Button size="small" disabled={busy || ticked.size === 0} onClick={() => void removeRows()}>{say(w.remove)}</Button>}
          {rows && <span className="row-state" role="status">{editing === null ? say(w.rowNew) : say(w.rowEditing, { row: editing + 1 })}</span>}
          {fields && <Button icon={<SaveOutlined />} disabled={busy || !isDirty} onClick={() => void save()}>{say(w.save)}</Button>}
          <span className="grow" />
          {rows && <small>{say(w.rowHint)}</small>}
        </div>
      )}
      {rows && (mayType || sentRows.length === 0) && (
        <RowTable rows={rows} values={kept.rows} editing={editing} ticked={ticked} faulty={new Set()} shut={!mayType} onTick={setTicked} onEdit={(place) => {
          setEditing(place);
          setRow({ ...kept.rows[place] });
          setTimeout(() => focusFirst(box.current));
        }} />
      )}
      {part.attachments && <AttachmentsPart part={part.attachments} number={number} record={record} onStored={onStored} />}
      {submission && (mayType || maySend) && (
        <div className="actions"><span className="grow" /><Button type="primary" icon={<SendOutlined />} disabled={!maySend || busy} onClick={() => void go()}>{say(submission.label)}</Button></div>
      )}
      <p className="hint-line" aria-live="polite"><span>{hint && say(hint)}</span></p>
    </fieldset>
  );
}
