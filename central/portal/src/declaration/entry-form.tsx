// 录入表单: the page itself, once what it opens with is here.
import { CopyOutlined, DeleteOutlined, FileAddOutlined, PrinterOutlined, SaveOutlined, SendOutlined } from "@ant-design/icons";
import { Alert, App, Button } from "antd";
import { useEffect, useMemo, useRef, useState } from "react";
import { PageTitle } from "../frame/page-title.tsx";
import { newAddress, newCopy } from "../frame/new-copy.ts";
import { useTab, useTabs } from "../frame/tabs.tsx";
import { useEnterprise } from "../session/enterprise.ts";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";
import { AdviceLine } from "./advice.tsx";
import { AttachmentsPart } from "./attachments.tsx";
import { ConflictDialog } from "./conflict.tsx";
import type { Around, Enterprise, Field, Manual, RecordJson, Submission, Values } from "./description.ts";
import { around, bodyOf, placeOf, ROW, rowPath, valuesOf, type Draft, type Faults, type Over } from "./draft.ts";
import { leaveCopied } from "./entry-page.tsx";
import { ErrorSummary } from "./error-summary.tsx";
import { FilledNote, FillMenu } from "./fill-menu.tsx";
import { FilledContext } from "./filling.ts";
import { FormPart } from "./form-part.tsx";
import { BOUND, cursorIn, focusField, focusFirst, isComposing, neighbour, putCursor, useShortcuts, type Cursor } from "./keys.ts";
import { RowTable } from "./row-table.tsx";
import { clock, instant } from "./show.ts";
import { StatusMark } from "./status.tsx";
import { useEntry, type Purpose, type Stored } from "./use-entry.ts";
import { useRemoval } from "./use-removal.tsx";
import { Why } from "./why.tsx";

export interface Opened {
  record: RecordJson | null;
  start: Draft;
  kept: { draft: Draft; over: Over; at: string } | null;
  isCopied: boolean;
  /** The record has just been saved here for the first time: what was typed meanwhile, and where. */
  goesOn?: { typed: Draft | null; cursor: Cursor | null };
}

interface Props {
  manual: Manual;
  copyKey: string;
  purpose: Purpose;
  opened: Opened;
  onSaved: (stored: Stored, cursor: Cursor | null) => void;
  onGone: () => void;
  onForget: () => void;
}

export function EntryForm({ manual, copyKey, purpose, opened, onSaved, onGone, onForget }: Props) {
  const say = useSay();
  const tab = useTab();
  const tabs = useTabs();
  const { modal, message } = App.useApp();
  const ask = useRemoval(manual);
  // What was typed into a new form is simply there again; over a stored record the person chooses.
  const restores = opened.kept !== null && purpose === "new";
  const [offered, setOffered] = useState(restores ? null : opened.kept);
  const [restoredAt, setRestoredAt] = useState(restores ? (opened.kept?.at ?? null) : null);
  const typed = restores ? opened.kept?.draft : opened.goesOn?.typed;
  const [chosen, setChosen] = useState<Chosen>({ draft: typed ?? opened.start, dirty: Boolean(typed) || opened.isCopied, over: null, round: 0 });
  if (offered) {
    return (
      <div className="entry">
        <Alert
          type="info"
          showIcon
          role="alert"
          title={say(w.found, { time: instant(offered.at) })}
          action={
            <>
              <Button type="primary" size="small" autoFocus onClick={() => {
                setChosen({ draft: offered.draft, dirty: true, over: offered.over, round: 1 });
                setRestoredAt(offered.at);
                setOffered(null);
              }}>{say(w.restore)}</Button>{" "}
              <Button size="small" onClick={() => {
                onForget();
                setOffered(null);
              }}>{say(w.discard)}</Button>
            </>
          }
        />
      </div>
    );
  }
  const discard = () => {
    onForget();
    setRestoredAt(null);
    setChosen((old) => ({ draft: opened.start, dirty: false, over: null, round: old.round + 1 }));
  };
  // What is unsaved here stays in its own tab.
  const fresh = () => tabs.open(newAddress(manual.slug, manual.kinds?.find((kind) => Object.entries(kind.values).every(([name, value]) => chosen.draft.values[name] === value))?.name));
  const remove = ({ number, version, status, drop, isKept }: Removal) => {
    if (number === null || version === undefined) return;
    ask(say(w.deleteWhat, { number }), () => manual.calls.remove(number, version), async () => {
      await drop();
      if (isKept) onForget();
      onGone();
    }, status);
  };
  const copy = async (number: string) => {
    const key = newCopy();
    if (!manual.calls.copy) return;
    leaveCopied(key, await manual.calls.copy(number));
    tabs.open(`/${manual.slug}/new/${key}`);
  };
  /** The record is no more: what was typed into it begins a new one. */
  const again = (draft: Draft) => {
    const key = newCopy();
    leaveCopied(key, bodyOf(manual, draft));
    onForget();
    tabs.move(tab.key, `/${manual.slug}/new/${key}`);
  };
  const submit = (record: RecordJson, submission: Submission) => {
    const number = String(record[manual.number]);
    modal.confirm({
      title: say(submission.ask),
      content: number,
      okText: say(submission.label),
      cancelText: say(w.cancel),
      autoFocusButton: "cancel",
      onOk: () => tabs.move(`${manual.slug}/${number}`, `/${manual.slug}/${number}/sign/${submission.action}`),
    });
  };
  const saved = (stored: Stored, cursor: Cursor | null) => {
    void message.success(say(w.saved));
    setRestoredAt(null);
    onSaved(stored, cursor);
  };
  return (
    <Body
      key={chosen.round}
      {...{ manual, copyKey, purpose, chosen, restoredAt, discard, fresh, remove, copy, again, submit, saved }}
      record={opened.record}
      cursor={opened.goesOn?.cursor ?? null}
    />
  );
}

interface Chosen {
  draft: Draft;
  dirty: boolean;
  over: Over | null;
  round: number;
}

interface Removal {
  number: string | null;
  version: number | undefined;
  status: string | undefined;
  /** Ends the keeping of what was typed. */
  drop: () => Promise<void>;
  isKept: boolean;
}

interface BodyProps {
  manual: Manual;
  copyKey: string;
  purpose: Purpose;
  record: RecordJson | null;
  chosen: Chosen;
  cursor: Cursor | null;
  restoredAt: string | null;
  discard: () => void;
  fresh: () => void;
  remove: (removal: Removal) => void;
  copy: (number: string) => Promise<void>;
  again: (draft: Draft) => void;
  submit: (record: RecordJson, submission: Submission) => void;
  saved: (stored: Stored, cursor: Cursor | null) => void;
}

function Body({ manual, copyKey, purpose, record: given, chosen, cursor, restoredAt, discard, fresh, remove, copy, again, submit, saved }: BodyProps) {
  const say = useSay();
  const tab = useTab();
  const entry = useEntry({ manual, copyKey, purpose, record: given, start: chosen.draft, isDirty: chosen.dirty, over: chosen.over });
  const { draft, record, faults, number } = entry;
  const enterprise = useEnterprise();
  const [hint, setHint] = useState<Text | null>(null);
  const [ticked, setTicked] = useState(new Set<number>());
  const [lacking, setLacking] = useState<{ text: Text; rule: string }[]>([]);
  const page = useRef<HTMLDivElement>(null);
  const rowForm = useRef<HTMLDivElement>(null);
  const submission = manual.submissions[0];
  const shut = !entry.canSave;
  const maySubmit = submission !== undefined && (record !== null || !manual.submitsStored) && (entry.canSave || entry.may(submission.action));
  const mayDelete = number !== null && entry.may("delete");
  const mayCopy = number !== null && entry.may("copy");

  useEffect(() => {
    if (cursor) putCursor(page.current, cursor);
    else if (tab.isActive) focusFirst(page.current);
    // Only on opening: afterwards the cursor is the person's.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  const save = async () => {
    const stored = await entry.save();
    if (!stored) return;
    // The page of the record takes over from here, with a copy of its own.
    if (record === null) void entry.drop();
    saved(stored, cursorIn(page.current));
  };
  const declare = async () => {
    if (!submission) return;
    // What is sent is what the screen shows (SG-117).
    const isStored = !entry.dirty && record !== null;
    if (isStored && entry.canSave && !entry.isReady()) return;
    const stored = isStored ? { record, typedSince: null } : await entry.save(true);
    if (!stored) return;
    const missing = manual.faultsBeforeSubmitting?.(stored.record) ?? [];
    setLacking(missing);
    if (missing.length > 0) return;
    if (record === null) {
      void entry.drop();
      saved(stored, null);
    }
    submit(stored.record, submission);
  };
  const storeRow = () => {
    if (entry.storeRow()) setTimeout(() => focusFirst(rowForm.current));
  };
  const removeRecord = () => remove({ number, version: record?.version, status: record?.status, drop: entry.drop, isKept: entry.dirty || restoredAt !== null });
  const print = () => window.print();
  const goTo = (path: string) => {
    const at = placeOf(path);
    if (!at) return focusField(page.current, path);
    entry.editRow(at.row);
    setTimeout(() => focusField(page.current, ROW + at.name));
  };
  const stepFault = (by: number) => {
    const places = told(faults, manual, draft.editing);
    const field = document.activeElement?.closest("[data-field]")?.getAttribute("data-field") ?? "";
    const inList = manual.rows && draft.editing !== null && field.startsWith(ROW) ? rowPath(manual.rows.name, draft.editing, field.slice(ROW.length)) : field;
    const place = places.indexOf(inList);
    const next = places[(place < 0 ? (by > 0 ? 0 : places.length - 1) : place + by + places.length) % Math.max(1, places.length)];
    if (next) goTo(next);
  };
  useShortcuts(
    {
      save: { ...BOUND.save, enabled: entry.canSave && !entry.busy, run: () => void save() },
      remove: { ...BOUND.remove, enabled: mayDelete, run: removeRecord },
      copy: { ...BOUND.copy, enabled: mayCopy && number !== null, run: () => void (number && copy(number)) },
      print: { ...BOUND.print, enabled: number !== null, run: print },
      next: { ...BOUND.next, enabled: Object.keys(faults).length > 0, run: () => stepFault(1) },
      previous: { ...BOUND.previous, enabled: Object.keys(faults).length > 0, run: () => stepFault(-1) },
    },
    tab.isActive,
  );
  // Enter walks from field to field, and stores the row from its last field; an open list has taken it before it comes here (PO-164).
  const walk = (event: React.KeyboardEvent) => {
    if ((event.code !== "Enter" && event.code !== "NumpadEnter") || event.altKey || event.ctrlKey || isComposing(event.nativeEvent)) return;
    const target = event.target as HTMLElement;
    if (!target.closest("[data-field]") || target.tagName === "BUTTON" || !page.current) return;
    event.preventDefault();
    const inRow = rowForm.current?.contains(target);
    if (inRow && !event.shiftKey && rowForm.current && !neighbour(rowForm.current, target, false)) return storeRow();
    neighbour(page.current, target, event.shiftKey)?.focus();
  };
  const isChange = purpose === "change" || (record !== null && !entry.may("save") && entry.may("change"));
  const isShut = (field: Field) => shut || field.fixed === true || (field.fixedInChange === true && isChange);
  const headerAround = around(draft, {});
  const { rows } = manual;
  const { filled, look } = entry;
  const marks = useMemo(() => ({ filled, look }), [filled, look]);
  return (
    <FilledContext value={marks}>
    <div className="entry" ref={page} onKeyDown={walk}>
      <PageTitle>{`${Object.keys(faults).length > 0 ? say(w.faultsTitle) : ""}${say(manual.title)}`}</PageTitle>
      <div className="actions">
        <Button type="primary" icon={<FileAddOutlined />} onClick={fresh}>{say(w.create)}</Button>
        <Button type="primary" icon={<SaveOutlined />} disabled={!entry.canSave} loading={entry.busy} onClick={() => void save()} aria-keyshortcuts="Alt+S">{say(w.save)}</Button>
        <Button type="primary" icon={<DeleteOutlined />} disabled={!mayDelete} onClick={removeRecord} aria-keyshortcuts="Alt+R">{say(w.remove)}</Button>
        {manual.calls.copy && <Button icon={<CopyOutlined />} disabled={!mayCopy} onClick={() => void (number && copy(number))} aria-keyshortcuts="Alt+C">{say(w.copy)}</Button>}
        <Button icon={<PrinterOutlined />} disabled={number === null} onClick={print} aria-keyshortcuts="Alt+P">{say(w.print)}</Button>
        <FillMenu manual={manual} draft={draft} fill={purpose === "new" && record === null && !shut ? entry.fill : null} />
        <span className="grow" />
        <KeepingMark keeping={entry.keeping} />
        {record && <StatusMark manual={manual} status={record.status} />}
        {submission && <Button type="primary" icon={<SendOutlined />} disabled={!maySubmit || entry.busy} onClick={() => void declare()}>{say(submission.label)}</Button>}
      </div>
      {restoredAt && <Alert type="info" showIcon title={say(w.restored, { time: instant(restoredAt) })} action={<Button size="small" onClick={() => void entry.drop().then(discard)}>{say(w.discard)}</Button>} />}
      <FilledNote count={filled.size} done={entry.lookAtAll} />
      {entry.refused && (
        <Alert type="error" showIcon role="alert" title={say(entry.isGone ? w.goneWhileTyping : entry.refused.text)} action={entry.isGone && <Button size="small" onClick={() => void entry.drop().then(() => again(entry.draft))}>{say(w.asNew)}</Button>} />
      )}
      {lacking.length > 0 && <Alert type="error" showIcon role="alert" title={<ul>{lacking.map((one) => <li key={one.rule}>{say(one.text)} <Why rule={one.rule} /></li>)}</ul>} />}
      <ErrorSummary manual={manual} faults={faults} paths={told(faults, manual, draft.editing)} attempt={entry.attempt} goTo={goTo} />
      {entry.warnings.length > 0 && (
        <Alert type="warning" showIcon role="status" title={say(w.warnings)} description={<ul>{entry.warnings.map((one) => <li key={one.rule + one.path}>{say([one.message, one.message_en])} <Why rule={one.rule} /></li>)}</ul>} />
      )}
      {manual.sections.filter((section) => !section.ofRecordOnly).map((section) => (
        <fieldset className="section" key={section.name}>
          <legend>{say(section.title)}</legend>
          <FormPart
            fields={section.fields}
            values={{ ...draft.values, ...givenOf(section.fields, record, enterprise), ...derivedOf(section.fields, headerAround), ...entry.found }}
            around={headerAround}
            prefix=""
            faultAt={(name) => faults[name]}
            isShut={isShut}
            onChange={entry.setValue}
            onFault={entry.setFault}
            onLeave={entry.leaveField}
            onHint={setHint}
            typed={draft.typed}
            onTyped={entry.setTyped}
          />
          {section.advice && <AdviceLine advice={section.advice} name={`${manual.slug} ${section.name}`} values={draft.values} />}
        </fieldset>
      ))}
      {rows && (
        <fieldset className="section">
          <legend>{say(rows.title)}</legend>
          {!shut && (
            <>
              <div className="actions rows">
                <Button size="small" onClick={() => { entry.newRow(); focusFirst(rowForm.current); }}>{say(w.create)}</Button>
                <Button size="small" onClick={storeRow} disabled={draft.rows.length >= rows.most && draft.editing === null}>{say(w.saveRow)}</Button>
                <Button size="small" disabled={ticked.size === 0} onClick={() => { entry.removeRows(ticked); setTicked(new Set()); }}>{say(w.remove)}</Button>
                <span className="row-state" role="status">{draft.editing === null ? say(w.rowNew) : say(w.rowEditing, { row: draft.editing + 1 })}</span>
                <span className="grow" />
                <small>{say(w.rowHint)}</small>
              </div>
              <div ref={rowForm}>
                <FormPart
                  fields={rows.fields}
                  values={draft.row}
                  around={around(draft)}
                  prefix={ROW}
                  faultAt={(name) => faults[ROW + name]}
                  isShut={() => false}
                  onChange={entry.setRowValue}
                  onFault={(name, fault) => entry.setFault(ROW + name, fault)}
                  onLeave={entry.leave}
                  onHint={setHint}
                  typed={draft.typed}
                  onTyped={entry.setTyped}
                />
              </div>
            </>
          )}
          <RowTable rows={rows} values={draft.rows} editing={draft.editing} ticked={ticked} faulty={entry.faultyRows} shut={shut} onEdit={(place) => { entry.editRow(place); setTimeout(() => focusFirst(rowForm.current)); }} onTick={setTicked} />
        </fieldset>
      )}
      {manual.attachments && <AttachmentsPart part={manual.attachments} number={number} record={record} onStored={entry.attached} />}
      <p className="hint-line" aria-live="polite"><span>{hint && say(hint)}</span></p>
      {entry.conflict && <ConflictDialog manual={manual} differences={entry.conflict.differences} settle={entry.settleConflict} cancel={entry.giveUpConflict} />}
    </div>
    </FilledContext>
  );
}

/** The places of the faults; one in the row that is being edited is at its field and in the list, and told once. */
function told(faults: Faults, manual: Manual, editing: number | null): string[] {
  const { rows } = manual;
  const paths = Object.keys(faults);
  if (!rows || editing === null) return paths;
  const inList = (path: string) => rowPath(rows.name, editing, path.slice(ROW.length));
  return paths.filter((path) => !path.startsWith(ROW) || !paths.includes(inList(path)));
}

/** What the system has filled in, as the record has it; of a new one, what is known of the person's enterprise. */
function givenOf(fields: Field[], record: RecordJson | null, enterprise: Enterprise | null): Values {
  const given = fields.filter((field) => field.given);
  if (record) return Object.fromEntries(Object.entries(valuesOf(given, record)).filter(([, text]) => text !== ""));
  return Object.fromEntries(given.flatMap((field) => (field.own ? [[field.name, enterprise?.[field.own] ?? ""]] : [])));
}

/** What follows from what is typed. */
function derivedOf(fields: Field[], all: Around): Values {
  return Object.fromEntries(fields.flatMap((field) => (field.derive ? [[field.name, field.derive(all)]] : [])));
}

function KeepingMark({ keeping }: { keeping: { state: string; at?: number } }) {
  const say = useSay();
  if (keeping.state === "nothing") return null;
  const text = keeping.state === "kept" ? say(w.kept, { time: clock(keeping.at ?? 0) }) : say(keeping.state === "failed" ? w.notKept : w.keeping);
  return <small className="keeping" data-state={keeping.state} role="status">{text}</small>;
}
