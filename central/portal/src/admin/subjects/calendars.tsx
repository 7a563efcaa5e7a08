// 口岸工作日历: the ports that have a calendar, their hours and the days for which it speaks; each opens its days (AC-095..AC-099).
import { api, dataAs } from "../../api/client.ts";
import type { Values } from "../../declaration/description.ts";
import type { PlainField } from "../../form/plain-form.tsx";
import { calendarOf, change, hoursText, keep, spansOf } from "../calendar.ts";
import { customsOffice } from "../fields.ts";
import { SubjectPage } from "../subject-page.tsx";
import { str, type Subject } from "../subject.ts";
import { m } from "../words.ts";

const hours: PlainField[] = [
  { name: "working_day", label: m.workingDay, hint: m.hoursHint, kind: { is: "text", max: 100 }, required: true, span: 2 },
  { name: "saturday", label: m.saturday, hint: m.hoursHint, kind: { is: "text", max: 100 } },
  { name: "sunday", label: m.sunday, hint: m.hoursHint, kind: { is: "text", max: 100 } },
  { name: "published_from", label: m.publishedFrom, kind: { is: "date" }, required: true },
  { name: "published_until", label: m.publishedUntil, kind: { is: "date" }, required: true },
];
const typed = (values: Values) => ({
  working_day: spansOf("working_day", values.working_day),
  saturday: spansOf("saturday", values.saturday),
  sunday: spansOf("sunday", values.sunday),
  published_from: values.published_from ?? "",
  published_until: values.published_until ?? "",
});

const calendars: Subject = {
  slug: "calendars",
  title: m.ports,
  id: (row) => str(row.port),
  conditions: [],
  columns: [
    { name: "port", label: m.port, as: { code: customsOffice } },
    { name: "published_from", label: m.publishedFrom },
    { name: "published_until", label: m.publishedUntil },
    { name: "off", label: m.offDays, numeric: true },
    { name: "worked", label: m.workedDays, numeric: true },
    { name: "version", label: m.version, numeric: true },
  ],
  list: () => dataAs(api.GET("/api/v1/admin/ports")),
  acts: [
    {
      name: "add",
      label: m.add,
      onList: true,
      columns: 2,
      fields: [{ name: "port", label: m.port, kind: { is: "code", of: customsOffice }, required: true, span: 2 }, ...hours],
      start: () => ({ working_day: "08:30-12:00 13:30-17:00" }),
      run: async (values) => keep(values.port ?? "", 0, { ...typed(values), off: [], worked: [], special: {} }),
    },
    { name: "open", label: m.open, to: (row) => `/admin/calendar-days?port=${str(row.port)}`, run: () => Promise.resolve() },
    {
      name: "hours",
      label: m.hours,
      columns: 2,
      fields: hours,
      start: async (row) => {
        const { calendar } = await calendarOf(str(row.port));
        return {
          working_day: hoursText(calendar.working_day),
          saturday: hoursText(calendar.saturday),
          sunday: hoursText(calendar.sunday),
          published_from: calendar.published_from,
          published_until: calendar.published_until,
        };
      },
      run: async (values, row) => {
        const now = typed(values);
        return change(str(row.port), (calendar) => ({ ...calendar, ...now }));
      },
    },
  ],
};

export default function Calendars() {
  return <SubjectPage subject={calendars} />;
}
