// 填入: what a new record begins with from a template, from what was entered last, or from another record; and which of it nobody has looked at yet.
// Promises: nothing that was typed is overwritten; what was filled in is marked until its field was left, or its row was opened.
import { createContext } from "react";
import type { Manual, Values } from "./description.ts";
import { cleared, headerFields, isEmptyRow, type Draft } from "./draft.ts";

/** As templates keep it. */
export interface Content {
  values: Values;
  rows: Values[];
}

const rowMark = (rows: string, place: number) => `${rows}[${place}]`;
const entered = (manual: Manual) => headerFields(manual).filter((field) => !field.given);
/** What may come along into another record at all. */
const carried = (manual: Manual) => entered(manual).filter(({ newEachTime }) => newEachTime !== "everywhere");

/** What of a draft is worth keeping for other records. */
export function contentOf(manual: Manual, draft: Draft): Content {
  const values = Object.fromEntries(carried(manual).flatMap(({ name }) => (draft.values[name] ? [[name, draft.values[name]]] : [])));
  return { values, rows: draft.rows.filter((row) => !isEmptyRow(row)) };
}

/** What the next record will most likely have as well. */
export const repeatedOf = (manual: Manual, draft: Draft): Values =>
  Object.fromEntries(entered(manual).flatMap(({ name, newEachTime }) => (!newEachTime && draft.values[name] ? [[name, draft.values[name]]] : [])));

/** Content as somebody kept it; whatever has another shape is none of it. */
export function contentFrom(json: unknown): Content {
  const kept = (json ?? {}) as Partial<Content>;
  const texts = (some: unknown): Values => Object.fromEntries(Object.entries((some ?? {}) as Record<string, unknown>).filter((pair): pair is [string, string] => typeof pair[1] === "string"));
  return { values: texts(kept.values), rows: Array.isArray(kept.rows) ? kept.rows.map(texts) : [] };
}

/** The draft with the content where nothing was typed. */
export function filledWith(manual: Manual, draft: Draft, content: Content): Draft {
  const fresh = carried(manual).filter(({ name }) => content.values[name] && !draft.values[name]);
  const values = { ...draft.values, ...Object.fromEntries(fresh.map(({ name }) => [name, content.values[name] ?? ""])) };
  const { rows } = manual;
  const more = rows ? content.rows.slice(0, rows.most - draft.rows.length) : [];
  const marks = [...fresh.map(({ name }) => name), ...(rows ? more.map((_, place) => rowMark(rows.name, draft.rows.length + place)) : [])];
  const next = cleared(manual, { ...draft, values, rows: [...draft.rows, ...more] });
  return { ...next, filled: [...(draft.filled ?? []), ...marks.filter((mark) => mark.includes("[") || next.values[mark])] };
}

/** Everything in it was filled in. */
export const allFilled = (manual: Manual, draft: Draft): Draft => filledWith(manual, { ...draft, values: {}, rows: [] }, contentOf(manual, draft));

export const lookedAt = (draft: Draft, mark: string): Draft => (draft.filled?.includes(mark) ? { ...draft, filled: draft.filled.filter((one) => one !== mark) } : draft);
export const rowLookedAt = (manual: Manual, draft: Draft, place: number): Draft => lookedAt(draft, rowMark(manual.rows?.name ?? "", place));
export const allLookedAt = (draft: Draft): Draft => ({ ...draft, filled: [] });

/** The marks of the rows that are left, under their new places. */
export function marksWithout(manual: Manual, draft: Draft, gone: Set<number>): string[] {
  const { filled = [], rows } = draft;
  const left = [...rows.keys()].filter((place) => !gone.has(place));
  const ofRows = left.flatMap((was, now) => (filled.includes(rowMark(manual.rows?.name ?? "", was)) ? [rowMark(manual.rows?.name ?? "", now)] : []));
  return [...filled.filter((mark) => !mark.includes("[")), ...ofRows];
}

/** What is marked, for the fields and rows of a form. */
export const FilledContext = createContext<{ filled: Set<string>; look: (mark: string) => void }>({ filled: new Set(), look: () => undefined });
export const isRowFilled = (filled: Set<string>, rows: string, place: number) => filled.has(rowMark(rows, place));
