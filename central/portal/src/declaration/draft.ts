// 草稿: what an entry page holds while somebody types, and the pure steps on it. The rules that are asked here are those that the description knows
// (required, grey, lengths, numbers); the centre judges everything again, and its faults fill the same places.
import { w } from "../words/common.ts";
import type { FieldFault } from "../api/problem.ts";
import { saidOf } from "../api/problem.ts";
import { t } from "../words/entry.ts";
import { pick } from "../words/words.ts";
import type { Around, Field, Manual, RecordJson, Values } from "./description.ts";
import { isGrey, isRequired } from "./description.ts";
import type { Fault } from "./field.tsx";
import { at, put } from "./paths.ts";
import { instant } from "./show.ts";
import { dateOf, instantOf, momentOf } from "./times.ts";

export interface Draft {
  values: Values;
  rows: Values[];
  /** The row form. */
  row: Values;
  /** The row that is in the row form; none while a new one is typed. */
  editing: number | null;
  /** What is typed into code fields and is no entry, or not one yet, by the field's path. */
  typed: Values;
  /** What was filled in and nobody has looked at: names of fields of the header, and places of rows. */
  filled?: string[] | undefined;
}
export type Faults = Record<string, Fault>;

export const emptyDraft = (values: Values = {}): Draft => ({ values, rows: [], row: {}, editing: null, typed: {} });

/** In the row form a field's name has this in front, so that it is not taken for one of the header. */
export const ROW = "row.";
export const rowPath = (rows: string, place: number, name: string) => `${rows}[${place}].${name}`;
const inRows = /^(\w+)\[(\d+)\](?:\.(\w+))?$/;

/** Where a fault of the centre belongs: a field of the header, or one of a row. */
export function placeOf(path: string): { row: number; name: string } | null {
  const found = inRows.exec(path);
  return found ? { row: Number(found[2]), name: found[3] ?? "" } : null;
}

export const around = (draft: Draft, row: Values = draft.row): Around => ({ header: draft.values, row });
export const headerFields = (manual: Manual): Field[] => manual.sections.flatMap((section) => section.fields);
export const isEmptyRow = (row: Values) => Object.values(row).every((value) => value.trim() === "");

/** Empties what has become grey, in the header and in every row (SG-106). */
export function cleared(manual: Manual, draft: Draft): Draft {
  const clear = (fields: Field[], values: Values, all: Around): Values => {
    const gone = fields.filter((field) => !field.given && values[field.name] && isGrey(field, all));
    return gone.length === 0 ? values : { ...values, ...Object.fromEntries(gone.map((field) => [field.name, ""])) };
  };
  const rowFields = manual.rows?.fields ?? [];
  const values = clear(headerFields(manual), draft.values, around(draft, {}));
  const cleanRow = (row: Values) => clear(rowFields, row, { header: values, row });
  const row = cleanRow(draft.row);
  const grey = (path: string) => {
    const field = fieldAt(manual, path);
    return field !== undefined && isGrey(field, { header: values, row: path.startsWith(ROW) ? row : {} });
  };
  const typed = Object.fromEntries(Object.entries(draft.typed).filter(([path]) => !grey(path)));
  return { ...draft, values, row, rows: draft.rows.map(cleanRow), typed };
}

/** The field of a path of the form. */
export const fieldAt = (manual: Manual, path: string): Field | undefined =>
  path.startsWith(ROW) ? manual.rows?.fields.find((field) => ROW + field.name === path) : headerFields(manual).find((field) => field.name === path);

/** Without what is typed into the row form. */
export const withoutRow = (typed: Values): Values => Object.fromEntries(Object.entries(typed).filter(([path]) => !path.startsWith(ROW)));

/** What is typed into the row form alone. */
export const ofRow = (typed: Values): Values => Object.fromEntries(Object.entries(typed).filter(([path]) => path.startsWith(ROW)));

/** A text that was left in a code field is no entry, and is told. */
const unknownCodes = (typed: Values): Faults =>
  Object.fromEntries(Object.entries(typed).flatMap(([path, text]) => (text.trim() === "" ? [] : [[path, { text: w.codeUnknown, rule: "PO-169" }]])));

const NUMBER = /^\d{1,12}(\.\d+)?$/;

/** What this page can tell of one field. */
export function faultOf(field: Field, value: string, all: Around, isNeeded = true): Fault | null {
  if (field.given || isGrey(field, all)) return null;
  const text = value.trim();
  if (text === "") return isNeeded && isRequired(field, all) ? { text: w.fieldRequired, rule: "PO-372" } : null;
  const { kind } = field;
  if (kind.is === "date" && dateOf(text) === null) return { text: t.dateWrong };
  if (kind.is === "instant" && momentOf(text) === null) return { text: t.momentWrong };
  if ((kind.is === "text" || kind.is === "area") && [...text].length > kind.max) {
    return { text: [pick("zh", w.tooLong, { max: kind.max }), pick("en", w.tooLong, { max: kind.max })] };
  }
  if (kind.is === "number" && (!NUMBER.test(text) || (text.split(".")[1] ?? "").length > kind.decimals)) {
    const { decimals } = kind;
    return { text: [pick("zh", w.numberWrong, { decimals }), pick("en", w.numberWrong, { decimals })] };
  }
  return null;
}

export function faultsOfRow(manual: Manual, draft: Draft, row: Values, prefix: string): Faults {
  const all = around(draft, row);
  const faults: Faults = {};
  for (const field of manual.rows?.fields ?? []) {
    const fault = faultOf(field, row[field.name] ?? "", all);
    if (fault) faults[prefix + field.name] = fault;
  }
  return prefix === ROW ? { ...faults, ...unknownCodes(ofRow(draft.typed)) } : faults;
}

/** `toDeclare`: as a declaration needs it; a manual may save less. */
export function faultsOf(manual: Manual, draft: Draft, toDeclare: boolean): Faults {
  const all = around(draft, {});
  const faults: Faults = {};
  const { rows, savesWith } = manual;
  for (const field of headerFields(manual)) {
    const isNeeded = toDeclare || !savesWith || savesWith.includes(field.name);
    const fault = faultOf(field, draft.values[field.name] ?? "", all, isNeeded);
    if (fault) faults[field.name] = fault;
  }
  if (rows?.least && toDeclare && draft.rows.length < rows.least) faults[rows.name] = { text: t.rowsLeast };
  if (rows) draft.rows.forEach((row, place) => Object.assign(faults, faultsOfRow(manual, draft, row, `${rows.name}[${place}].`)));
  return { ...faults, ...unknownCodes(withoutRow(draft.typed)) };
}

/** The centre's faults by their places; one of a field that nobody can see stays under its own path. */
export const faultsFrom = (faults: FieldFault[]): Faults => Object.fromEntries(faults.map((fault) => [fault.path, { text: saidOf(fault), rule: fault.rule }]));

function jsonOfText(field: Field, text: string): unknown {
  if (field.kind.is === "number") return NUMBER.test(text) ? Number(text) : text;
  return field.kind.is === "instant" ? (instantOf(text) ?? text) : text;
}

function jsonOf(fields: Field[], values: Values, all: Around): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const field of fields) {
    if (field.given) continue;
    const text = (values[field.name] ?? "").trim();
    const empty = text === "" || isGrey(field, all);
    put(members, field.name, empty ? null : jsonOfText(field, text));
  }
  return members;
}

/** What is sent: every field that a person may type. */
export function bodyOf(manual: Manual, draft: Draft): Record<string, unknown> {
  const body = jsonOf(headerFields(manual), draft.values, around(draft, {}));
  const { rows } = manual;
  if (rows) body[rows.name] = draft.rows.map((row) => jsonOf(rows.fields, row, around(draft, row)));
  return body;
}

const textOf = (value: unknown): string => (value === null || value === undefined ? "" : typeof value === "string" ? value : typeof value === "object" ? JSON.stringify(value) : `${value as number}`);
const typedOf = (field: Field, value: unknown): string => (field.kind.is === "instant" && momentOf(textOf(value)) === null ? instant(value) : textOf(value));
export const valuesOf = (fields: Field[], json: Record<string, unknown>): Values => Object.fromEntries(fields.map((field) => [field.name, typedOf(field, at(json, field.name))]));

/** A record, or what was copied of one, as a draft. */
export function draftOf(manual: Manual, json: Record<string, unknown>): Draft {
  const { rows } = manual;
  const list = rows && Array.isArray(json[rows.name]) ? (json[rows.name] as Record<string, unknown>[]) : [];
  return { ...emptyDraft(), values: valuesOf(headerFields(manual), json), rows: list.map((row) => valuesOf(rows?.fields ?? [], row)) };
}

/** What a draft was typed over: the version of the record, and what it had then. */
export interface Over {
  version: number | null;
  base: Draft | null;
}
export const overOf = (manual: Manual, record: RecordJson | null): Over => (record ? { version: record.version, base: draftOf(manual, record) } : { version: null, base: null });

/** A draft as it was put away; whatever has another shape is none. */
export function draftFrom(json: unknown): Draft | null {
  const kept = json as Partial<Draft> | null;
  if (!kept || typeof kept.values !== "object" || !Array.isArray(kept.rows)) return null;
  return { ...emptyDraft(), values: kept.values, rows: kept.rows, row: kept.row ?? {}, editing: kept.editing ?? null, typed: kept.typed ?? {}, filled: kept.filled };
}

/** What it was put away with. */
export function overFrom(json: unknown): Over {
  const { version, base } = (json ?? {}) as Partial<Over>;
  return { version: typeof version === "number" ? version : null, base: draftFrom(base) };
}

export interface Difference {
  path: string;
  field: Field;
  row: number | null;
  mine: string;
  theirs: string;
  /** Only the other one has changed it. */
  isTheirs: boolean;
}

/** Where a draft differs from the record as it is now; `base` is what both began with. */
export function differences(manual: Manual, draft: Draft, record: RecordJson, base: Draft | null): Difference[] {
  const theirs = draftOf(manual, record);
  const found: Difference[] = [];
  const compare = (fields: Field[], mine: Values, other: Values, both: Values | null, row: number | null, prefix: string) => {
    for (const field of fields.filter((field) => !field.given)) {
      const [a, b] = [mine[field.name] ?? "", other[field.name] ?? ""];
      if (a !== b) found.push({ path: prefix + field.name, field, row, mine: a, theirs: b, isTheirs: both !== null && a === (both[field.name] ?? "") });
    }
  };
  compare(headerFields(manual), draft.values, theirs.values, base?.values ?? null, null, "");
  const { rows } = manual;
  for (let place = 0; rows && place < Math.max(draft.rows.length, theirs.rows.length); place += 1) {
    compare(rows.fields, draft.rows[place] ?? {}, theirs.rows[place] ?? {}, base ? (base.rows[place] ?? {}) : null, place, rowPath(rows.name, place, ""));
  }
  return found;
}
