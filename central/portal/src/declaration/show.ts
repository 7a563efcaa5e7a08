// 显示: how values look: codes with their names, times in Beijing time, long numbers as they are.
import type { Language } from "../words/words.ts";
import { pick } from "../words/words.ts";
import type { Code, Kind } from "./description.ts";
import { momentOf } from "./times.ts";

const INSTANT = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "medium" });
const CLOCK = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", timeStyle: "medium" });

/** `2026-11-20 08:00:00`, Beijing time (PO-314). */
export function instant(value: unknown): string {
  const time = typeof value === "string" ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? "" : INSTANT.format(time);
}

/** The time of day of a moment. */
export const clock = (time: number): string => CLOCK.format(time);

/** A day in Beijing, so many days before today. */
export function day(daysBefore = 0): string {
  return INSTANT.format(Date.now() - daysBefore * 86_400_000).slice(0, 10);
}

export const codeText = (language: Language, code: Code): string => (code.unseen ? pick(language, code.name) : `${code.code} ${pick(language, code.name)}`.trim());

/** A value of a record as text, in the words of its kind; tables of the centre show the code alone until their names are there. */
export function shown(language: Language, kind: Kind | undefined, value: unknown): string {
  if (value === null || value === undefined || value === "") return "";
  if (kind?.is === "code" && "list" in kind.of) {
    const found = kind.of.list.find((code) => code.code === value);
    if (found) return codeText(language, found);
  }
  if (kind?.is === "boxes") {
    const found = kind.of.find((code) => code.code === value);
    if (found) return codeText(language, found);
  }
  if (kind?.is === "instant" && typeof value === "string") return momentOf(value) ?? instant(value);
  if (Array.isArray(value)) return value.map((one) => shown(language, kind, one)).join(", ");
  if (typeof value === "object") return JSON.stringify(value);
  return typeof value === "string" ? value : `${value as number}`;
}
