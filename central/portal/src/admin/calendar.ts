// 工作日历: a port's calendar as the API has it, and its hours as a person types them.
import { api, dataAs } from "../api/client.ts";
import { Refusal } from "../api/problem.ts";

export type Span = [string, string];
export interface Calendar {
  working_day: Span[];
  saturday: Span[];
  sunday: Span[];
  off: string[];
  worked: string[];
  special: Record<string, Span[]>;
  published_from: string;
  published_until: string;
}
export interface Kept {
  port: string;
  version: number;
  calendar: Calendar;
}
const at = (port: string) => ({ params: { path: { port } } });

export const calendarOf = (port: string) => dataAs<Kept>(api.GET("/api/v1/admin/ports/{port}/calendar", at(port)));
export const keep = (port: string, version: number, calendar: Calendar) => api.PUT("/api/v1/admin/ports/{port}/calendar", { ...at(port), body: { version, calendar: calendar as never } });
/** Changes the calendar as it is now. */
export async function change(port: string, how: (calendar: Calendar) => Calendar) {
  const kept = await calendarOf(port);
  return keep(port, kept.version, how(kept.calendar));
}

export const hoursText = (spans: Span[] | undefined): string => (spans ?? []).map(([from, to]) => `${from}-${to}`).join(" ");

const SPAN = /^(\d{1,2}:\d{2})\s*[-–—~至]\s*(\d{1,2}:\d{2})$/;
/** `08:30-12:00 13:30-17:00` as spans; a refusal of the field where it is none. */
export function spansOf(field: string, text: string | undefined): Span[] {
  const parts = (text ?? "").split(/[\s,，;；]+/).filter(Boolean);
  return parts.map((part) => {
    const [, from, to] = SPAN.exec(part) ?? [];
    if (!from || !to) {
      const fault = { path: field, code: "PO_FIELD_FORMAT", rule: "AC-095", message: "工作时段格式为 08:30-12:00", message_en: "hours such as 08:30-12:00" };
      throw new Refusal(422, { code: "PO_FIELD_FORMAT", message: fault.message, message_en: fault.message_en, fields: [fault] });
    }
    return [from.padStart(5, "0"), to.padStart(5, "0")];
  });
}
