// 管理对象: what an administrator keeps, described by data as manuals are: conditions, columns, and acts with their fields. The one page type takes
// such a description and nothing else.
import type { ComponentType, ReactNode } from "react";
import type { CodeTable, Condition, Values } from "../declaration/description.ts";
import type { PlainField } from "../form/plain-form.tsx";
import type { Person } from "../session/session.tsx";
import type { Text } from "../words/words.ts";

/** One of the list, as the API gives it. */
export type Row = Record<string, unknown>;

export interface SubjectColumn {
  name: string;
  label: Text;
  /** How the value shows; as it is where nothing is said. `whole`: on one line. */
  as?: "instant" | "whole" | "yes" | "list" | { words: Record<string, Text> } | { code: CodeTable } | ((row: Row) => ReactNode);
  numeric?: boolean;
}

/** What the bar's or a row's button does. */
export interface Act {
  name: string;
  label: Text;
  /** In the bar above the list, for a new one; otherwise on each row. */
  onList?: boolean;
  danger?: boolean;
  /** Not offered on this row, or to this person. */
  shows?: (row: Row, person: Person, asked: Asked) => boolean;
  /** What it will do, above the fields or in the question; of this row, where that is to be looked at first. */
  lead?: Text | ComponentType<{ row: Row }>;
  /** Asked for first; without fields the person is asked whether to do it. */
  fields?: PlainField[] | ((row: Row) => PlainField[] | Promise<PlainField[]>);
  start?: (row: Row, asked: Asked) => Values | Promise<Values>;
  columns?: 1 | 2 | 3;
  run: (values: Values, row: Row, asked: Asked) => Promise<unknown>;
  /** Shows what was answered, in a dialog: for what is told once and never again. */
  Answer?: ComponentType<{ answer: unknown }>;
  /** Opens another page instead. */
  to?: (row: Row) => string;
}
export type Asked = Record<string, string>;

export interface Page {
  items: Row[];
  total: number;
  total_is_more: boolean;
  page: number;
  page_size: number;
  /** Why nothing can be added: told above the list, instead of the bar's acts. */
  closed?: Text;
}

export interface Subject {
  slug: string;
  title: Text;
  lead?: Text;
  /** Names one of the list, for keys and in questions. */
  id: (row: Row) => string;
  conditions: Condition[] | (() => Promise<Condition[]>);
  /** Not asked for until these are given. */
  needs?: string[];
  columns: SubjectColumn[];
  list: (asked: Asked) => Promise<Page | { items: Row[] }>;
  acts: Act[];
  /** Opened below a row by its button. */
  detail?: { label: Text; Body: ComponentType<{ row: Row }> };
  /** Below the list. */
  Foot?: ComponentType<{ asked: Asked; page: Page }>;
}

/** The page that is asked for of a list that comes as a whole and may be long. */
export function cut(items: Row[], { page: asked, page_size: most }: Asked): Page {
  const size = Number(most ?? 10);
  // What the conditions leave may be less than what the address still asks for.
  const page = Math.max(1, Math.min(Number(asked ?? 1), Math.ceil(items.length / size)));
  return { items: items.slice((page - 1) * size, page * size), total: items.length, total_is_more: false, page, page_size: size };
}

/** A list that comes as a whole, as a page. */
export const asPage = (listed: Page | { items: Row[] }): Page =>
  "total" in listed ? listed : { items: listed.items, total: listed.items.length, total_is_more: false, page: 1, page_size: Math.max(1, listed.items.length) };

export const str = (value: unknown): string => (typeof value === "string" ? value : typeof value === "number" || typeof value === "boolean" ? String(value) : "");
export const strs = (value: unknown): string[] => (Array.isArray(value) ? value.map(str) : []);
