// 录入: the state of an entry page, and what its buttons do to it.
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { once } from "../api/client.ts";
import { Refusal } from "../api/problem.ts";
import { useTab, useTabs } from "../frame/tabs.tsx";
import { meant } from "./codes.ts";
import type { Field, Manual, RecordJson, Values, Warning } from "./description.ts";
import { bodyOf, cleared, differences, draftOf, faultsFrom, faultsOf, faultsOfRow, fieldAt, headerFields, isEmptyRow, ofRow, overOf, placeOf, ROW, withoutRow, type Difference, type Draft, type Faults, type Over } from "./draft.ts";
import type { Fault } from "./field.tsx";
import { allLookedAt, filledWith, lookedAt, marksWithout, repeatedOf, rowLookedAt, type Content } from "./filling.ts";
import { keepLastUsed } from "./last-used.ts";
import { useLookUps } from "./use-look-up.ts";
import { leaveWarnings, warningsOf } from "./warnings.ts";
import { savedFrom, useKeeping } from "./working-copy.ts";

export type Purpose = "new" | "edit" | "change";

interface Start {
  manual: Manual;
  copyKey: string;
  purpose: Purpose;
  record: RecordJson | null;
  start: Draft;
  isDirty: boolean;
  /** What a copy that was found was typed over; none when nothing was found. */
  over: Over | null;
}
interface Conflict {
  record: RecordJson;
  differences: Difference[];
}
export interface Stored {
  record: RecordJson;
  /** What was typed while the record was being saved. */
  typedSince: Draft | null;
}

/** What was typed over another version than the record has now. */
function overtaken({ manual, record, start, over }: Start): Conflict | null {
  if (!record || !over || over.version === null || over.version === record.version) return null;
  const found = differences(manual, start, record, over.base);
  return found.length > 0 ? { record, differences: found } : null;
}

export function useEntry(begin: Start) {
  const { manual, copyKey, purpose, record: given, start, isDirty } = begin;
  const tab = useTab();
  const tabs = useTabs();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(start);
  const [conflict, setConflict] = useState(() => overtaken(begin));
  // Whoever puts the question off is asked again by the next save.
  const [record, setRecord] = useState(given && conflict && begin.over?.version ? { ...given, version: begin.over.version } : given);
  const [faults, setFaults] = useState<Faults>({});
  const [attempt, setAttempt] = useState(0);
  const [dirty, setDirty] = useState(isDirty);
  const [warnings, setWarnings] = useState<Warning[]>(() => (given ? warningsOf(String(given[manual.number])) : []));
  const [refused, setRefused] = useState<Refusal | null>(null);
  const [busy, setBusy] = useState(false);
  const [isGone, setIsGone] = useState(false);
  const over = useMemo(() => overOf(manual, record), [manual, record]);
  const { keeping, leave, keeper } = useKeeping(manual.name, copyKey, draft, dirty, over);
  const unanswered = useRef<{ body: string; headers: Record<string, string> }>({ body: "", headers: {} });
  const current = useRef(draft);
  useEffect(() => {
    current.current = draft;
  });
  const { setDirty: tellTabs } = tabs;
  useEffect(() => tellTabs(tab.key, dirty), [dirty, tab.key, tellTabs]);

  const number = record ? String(record[manual.number]) : null;
  const may = useCallback((action: string) => (record ? record.actions.includes(action) : action === "save"), [record]);
  const canSave = purpose === "new" ? record === null || may("save") : may("save") || may("change");

  const touch = useCallback((change: (old: Draft) => Draft) => {
    setDraft((old) => cleared(manual, change(old)));
    setDirty(true);
  }, [manual]);
  const forgetFault = useCallback((path: string) => setFaults(({ [path]: _, ...rest }) => rest), []);
  const setFault = useCallback((path: string, fault: Fault | null) => setFaults(({ [path]: _, ...rest }) => (fault ? { ...rest, [path]: fault } : rest)), []);

  const setValue = useCallback((name: string, value: string) => {
    forgetFault(name);
    touch((old) => ({ ...old, values: { ...old.values, [name]: value } }));
  }, [forgetFault, touch]);
  const setRowValue = useCallback((name: string, value: string) => {
    forgetFault(ROW + name);
    touch((old) => ({ ...old, row: { ...old.row, [name]: value } }));
  }, [forgetFault, touch]);

  const fail = useCallback((found: Faults) => {
    setFaults(found);
    setAttempt((old) => old + 1);
  }, []);

  const header = useMemo(() => headerFields(manual), [manual]);
  const { filled: found, look: lookUp } = useLookUps({ fields: header, start: start.values, isKnown: given !== null && !isDirty, setFault });
  /** On leaving a field. */
  const leaveField = useCallback((field: Field) => {
    leave();
    void lookUp(field, current.current.values[field.name] ?? "");
  }, [leave, lookUp]);
  /** Whether what is on the page may be declared; its faults are told if not. */
  const isReady = useCallback((): boolean => {
    const found = faultsOf(manual, current.current, true);
    if (Object.keys(found).length > 0) fail(found);
    return Object.keys(found).length === 0;
  }, [fail, manual]);
  const setTyped = useCallback((path: string, text: string | null) => {
    if (text !== null) return touch((old) => ({ ...old, typed: { ...old.typed, [path]: text } }));
    return setDraft((old) => {
      const { [path]: _, ...typed } = old.typed;
      return path in old.typed ? { ...old, typed } : old;
    });
  }, [touch]);
  /** Takes what was typed into code fields and means an entry, though nobody has taken it from the list. */
  const takeMeant = useCallback(async () => {
    const entries = await Promise.all(
      Object.entries(current.current.typed).map(async ([path, text]) => {
        const kind = fieldAt(manual, path)?.kind;
        const code = kind?.is === "code" && text.trim() !== "" ? await meant(kind.of, text).catch(() => null) : null;
        return code ? ([path, text, code.code] as const) : null;
      }),
    );
    const found = entries.filter((entry) => entry !== null);
    if (found.length === 0) return;
    setDraft((old) => {
      const still = found.filter(([path, text]) => old.typed[path] === text);
      const taken = (ofRow: boolean) => still.flatMap(([path, , code]) => (path.startsWith(ROW) === ofRow ? [[ofRow ? path.slice(ROW.length) : path, code] as const] : []));
      const typed = Object.fromEntries(Object.entries(old.typed).filter(([path]) => !still.some(([one]) => one === path)));
      return cleared(manual, { ...old, values: { ...old.values, ...Object.fromEntries(taken(false)) }, row: { ...old.row, ...Object.fromEntries(taken(true)) }, typed });
    });
    // Until the form has it.
    await new Promise((shown) => setTimeout(shown));
  }, [manual]);

  const rowsName = manual.rows?.name ?? "";
  /** Puts the row form into the list; the draft with it, or none when the row is not complete. */
  const storeRow = useCallback((): Draft | null => {
    const now = current.current;
    const found = faultsOfRow(manual, now, now.row, ROW);
    const others = Object.fromEntries(Object.entries(faults).filter(([path]) => !path.startsWith(ROW) && !(now.editing !== null && placeOf(path)?.row === now.editing)));
    setFaults({ ...others, ...found });
    if (Object.keys(found).length > 0) return null;
    const rows = now.editing === null ? [...now.rows, now.row] : now.rows.map((row, place) => (place === now.editing ? now.row : row));
    const next = cleared(manual, { ...now, rows, row: {}, editing: null, typed: withoutRow(now.typed) });
    setDraft(next);
    setDirty(true);
    return next;
  }, [faults, manual]);
  const newRow = useCallback(() => {
    setFaults((old) => Object.fromEntries(Object.entries(old).filter(([path]) => !path.startsWith(ROW))));
    touch((old) => ({ ...old, row: {}, editing: null, typed: withoutRow(old.typed) }));
  }, [touch]);
  const editRow = useCallback((place: number) => {
    setDraft((old) => ({ ...rowLookedAt(manual, old, place), row: { ...old.rows[place] }, editing: place, typed: withoutRow(old.typed) }));
    setFaults((old) => {
      const ofRow = Object.entries(old).flatMap(([path, fault]) => {
        const at = placeOf(path);
        return at?.row === place && at.name ? [[ROW + at.name, fault] as const] : [];
      });
      const rest = Object.entries(old).filter(([path]) => !path.startsWith(ROW));
      return Object.fromEntries([...rest, ...ofRow]);
    });
  }, [manual]);
  const removeRows = useCallback((ticked: Set<number>) => {
    setFaults((old) => Object.fromEntries(Object.entries(old).filter(([path]) => placeOf(path) === null)));
    touch((old) => ({ ...old, filled: marksWithout(manual, old, ticked), rows: old.rows.filter((_, place) => !ticked.has(place)), row: {}, editing: null, typed: withoutRow(old.typed) }));
  }, [manual, touch]);
  const fill = useCallback((content: Content) => touch((old) => filledWith(manual, old, content)), [manual, touch]);
  const look = useCallback((mark: string) => setDraft((old) => lookedAt(old, mark)), []);
  const lookAtAll = useCallback(() => setDraft(allLookedAt), []);
  const filled = useMemo(() => new Set(draft.filled ?? []), [draft.filled]);

  const tryToSave = useCallback(async (toDeclare: boolean): Promise<Stored | null> => {
    await takeMeant();
    let now: Draft | null = current.current;
    if (!isEmptyRow({ ...now.row, ...ofRow(now.typed) })) now = storeRow();
    if (!now) {
      setAttempt((old) => old + 1);
      return null;
    }
    const found = faultsOf(manual, now, toDeclare);
    setRefused(null);
    if (Object.keys(found).length > 0) {
      fail(found);
      return null;
    }
    const body = bodyOf(manual, now);
    const versioned = { ...body, version: record?.version };
    // Whoever got no answer and asks for the very same again gets the same record, not a second one.
    const text = JSON.stringify([number, versioned]);
    if (unanswered.current.body !== text) unanswered.current = { body: text, headers: once() };
    const headers = { ...savedFrom(manual.name, copyKey), ...unanswered.current.headers };
    await keeper.pause();
    try {
      const change = record !== null && !record.actions.includes("save") ? manual.calls.change : undefined;
      const stored = record === null ? await manual.calls.create(body, headers) : await (change ?? manual.calls.update)(String(record[manual.number]), versioned, headers);
      unanswered.current.body = "";
      const typedSince = current.current === now ? null : current.current;
      keeper.settle(now);
      keepLastUsed(manual, repeatedOf(manual, now));
      setRecord(stored);
      setFaults({});
      setDirty(typedSince !== null);
      const odd = (stored.warnings as Warning[] | undefined) ?? [];
      setWarnings(odd);
      leaveWarnings(String(stored[manual.number]), odd);
      return { record: stored, typedSince };
    } catch (error) {
      keeper.resume();
      const refusal = Refusal.of(error);
      if (refusal.status !== 0) unanswered.current.body = "";
      if (refusal.code === "PO_VERSION_CONFLICT" && record) {
        const theirs = await manual.calls.show(String(record[manual.number])).catch(() => null);
        if (theirs) setConflict({ record: theirs, differences: differences(manual, now, theirs, draftOf(manual, record)) });
      } else if (refusal.fields.length > 0) {
        fail(faultsFrom(refusal.fields));
      } else {
        setIsGone(refusal.status === 404 && record !== null);
        setRefused(refusal);
        setAttempt((old) => old + 1);
      }
      return null;
    }
  }, [copyKey, fail, keeper, manual, number, record, storeRow, takeMeant]);
  /** 暂存; the record as stored, or none. */
  const save = useCallback(async (toDeclare = false): Promise<Stored | null> => {
    setBusy(true);
    try {
      return await tryToSave(toDeclare);
    } finally {
      setBusy(false);
    }
  }, [tryToSave]);

  /** A file came or went: the record has moved on, and what is typed stays as it is. */
  const attached = useCallback((stored: RecordJson) => {
    setRecord(stored);
    void queries.invalidateQueries({ queryKey: [manual.slug] });
  }, [manual.slug, queries]);

  /** Goes on after a conflict with what was chosen, field by field. */
  const settleConflict = useCallback((theirs: Set<string>) => {
    if (!conflict) return;
    touch((old) => {
      const next: Draft = { ...old, values: { ...old.values }, rows: old.rows.map((row) => ({ ...row })) };
      for (const one of conflict.differences.filter((one) => theirs.has(one.path))) {
        if (one.row === null) next.values[one.field.name] = one.theirs;
        else {
          while (next.rows.length <= one.row) next.rows.push({});
          (next.rows[one.row] as Values)[one.field.name] = one.theirs;
        }
      }
      next.rows = next.rows.filter((row) => !isEmptyRow(row));
      return next;
    });
    setRecord(conflict.record);
    setConflict(null);
  }, [conflict, touch]);

  const faultyRows = useMemo(() => new Set(Object.keys(faults).flatMap((path) => placeOf(path)?.row ?? [])), [faults]);
  return {
    draft, record, number, faults, faultyRows, attempt, dirty, warnings, refused, conflict, busy, isGone, keeping, canSave, rowsName, found,
    filled, fill, look, lookAtAll,
    drop: () => keeper.pause(),
    setValue, setRowValue, setTyped, setFault, storeRow, newRow, editRow, removeRows, save, attached, isReady, settleConflict, leave, leaveField, may,
    giveUpConflict: () => setConflict(null),
  };
}
export type Entry = ReturnType<typeof useEntry>;
