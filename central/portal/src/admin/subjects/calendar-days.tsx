// 特殊日期: the days of a port's calendar that differ from its week, a year's national holidays, and who changed what (AC-095..AC-099).
import { useQuery } from "@tanstack/react-query";
import { api, dataAs } from "../../api/client.ts";
import type { Condition } from "../../declaration/description.ts";
import { instant } from "../../declaration/show.ts";
import { Failed, Waiting } from "../../declaration/states.tsx";
import { textOr } from "../../form/plain-form.tsx";
import { PlainTable } from "../../form/plain-table.tsx";
import { roles } from "../../words/common.ts";
import { useSay } from "../../words/language.tsx";
import { calendarOf, change, hoursText, spansOf, type Calendar } from "../calendar.ts";
import { customsOffice, listOf } from "../fields.ts";
import { SubjectPage } from "../subject-page.tsx";
import { str, type Asked, type Row, type Subject } from "../subject.ts";
import { m } from "../words.ts";

const kinds = { off: m.off, worked: m.worked, special: m.special };

const without = (calendar: Calendar, day: string): Calendar => {
  const { [day]: _, ...special } = calendar.special;
  return { ...calendar, off: calendar.off.filter((one) => one !== day), worked: calendar.worked.filter((one) => one !== day), special };
};

function daysOf(calendar: Calendar): Row[] {
  const special = Object.entries(calendar.special).map(([day, spans]) => ({ day, kind: "special", hours: hoursText(spans) }));
  const listed = (kind: "off" | "worked") => calendar[kind].map((day) => ({ day, kind, hours: kind === "worked" ? hoursText(calendar.working_day) : "" }));
  return [...listed("off"), ...listed("worked"), ...special].sort((a, b) => (a.day < b.day ? 1 : -1));
}

const conditions: Condition[] = [
  { name: "port", label: m.port, is: "code", of: customsOffice },
  { name: "year", label: m.year, is: "text", max: 4 },
];

const days: Subject = {
  slug: "calendar-days",
  title: m.days,
  id: (row) => str(row.day),
  conditions,
  needs: ["port"],
  columns: [
    { name: "day", label: m.day },
    { name: "kind", label: m.kind, as: { words: kinds } },
    { name: "hours", label: m.dayHours },
  ],
  list: async ({ port = "", year = "" }) => ({ items: daysOf((await calendarOf(port)).calendar).filter((row) => str(row.day).startsWith(year)) }),
  acts: [
    {
      name: "add",
      label: m.addDay,
      onList: true,
      columns: 1,
      shows: (_row, _person, asked) => Boolean(asked.port),
      fields: [
        { name: "day", label: m.day, kind: { is: "date" }, required: true },
        { name: "kind", label: m.kind, kind: { is: "code", of: listOf(kinds) }, required: true },
        { name: "hours", label: m.dayHours, hint: m.hoursHint, kind: { is: "text", max: 100 }, required: true, absent: ({ header }) => header.kind !== "special" },
      ],
      start: () => ({ kind: "off" }),
      run: async (values, _row, { port = "" }) => {
        const day = values.day ?? "";
        const spans = spansOf("hours", values.hours);
        return change(port, (calendar) => {
          const rest = without(calendar, day);
          if (values.kind === "special") return { ...rest, special: { ...rest.special, [day]: spans } };
          return values.kind === "worked" ? { ...rest, worked: [...rest.worked, day] } : { ...rest, off: [...rest.off, day] };
        });
      },
    },
    {
      name: "import",
      label: m.importHolidays,
      onList: true,
      columns: 1,
      lead: m.importHolidaysLead,
      shows: (_row, _person, asked) => Boolean(asked.port),
      fields: [
        { name: "year", label: m.year, kind: { is: "number", decimals: 0 }, required: true },
        { name: "csv", label: m.ownList, kind: { is: "area", max: 100_000 } },
      ],
      start: () => ({ year: String(new Date().getFullYear()) }),
      run: async (values, _row, { port = "" }) => {
        const { version } = await calendarOf(port);
        return api.POST("/api/v1/admin/ports/{port}/calendar/holidays", { params: { path: { port } }, body: { version, year: Number(values.year), csv: textOr(values.csv) } });
      },
    },
    { name: "remove", label: m.remove, danger: true, run: (_values, row, { port = "" }) => change(port, (calendar) => without(calendar, str(row.day))) },
  ],
  Foot: Changes,
};

function Changes({ asked: { port = "" } }: { asked: Asked }) {
  const say = useSay();
  const list = useQuery({ queryKey: ["calendar-days", "changes", port], queryFn: () => dataAs<{ items: Row[] }>(api.GET("/api/v1/admin/ports/{port}/calendar/changes", { params: { path: { port } } })), enabled: port !== "", retry: false, staleTime: 0 });
  if (port === "") return null;
  if (list.isPending) return <Waiting />;
  if (list.isError) return <Failed error={list.error} />;
  return (
    <section>
      <h3>{say(m.changes)}</h3>
      <PlainTable
        label={m.changes}
        rows={list.data.items}
        rowKey={(row) => str(row.version)}
        columns={[
          { name: "version", label: m.version, numeric: true, show: (row) => str(row.version) },
          { name: "at", label: m.at, show: (row) => instant(row.at) },
          { name: "actor", label: m.by, show: (row) => `${str(row.actor)} ${say(roles[str(row.role)] ?? m.by)}` },
        ]}
      />
    </section>
  );
}

export default function CalendarDays() {
  return <SubjectPage subject={days} />;
}
