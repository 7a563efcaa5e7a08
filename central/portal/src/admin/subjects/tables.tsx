// 参数表: the code tables of the platform; each opens its codes.
import { api, dataAs } from "../../api/client.ts";
import { SubjectPage } from "../subject-page.tsx";
import { str, type Subject } from "../subject.ts";
import { m } from "../words.ts";

const tables: Subject = {
  slug: "tables",
  title: m.tables,
  id: (row) => str(row.name),
  conditions: [],
  columns: [
    { name: "title", label: m.title },
    { name: "title_en", label: m.titleEn },
    { name: "name", label: m.table },
    { name: "codes", label: m.count, numeric: true },
  ],
  list: async () => {
    const { items } = await dataAs<{ items: Record<string, unknown>[] }>(api.GET("/api/v1/admin/codes"));
    return { items };
  },
  acts: [{ name: "open", label: m.open, to: (row) => `/admin/codes?table=${str(row.name)}`, run: () => Promise.resolve() }],
};

export default function Tables() {
  return <SubjectPage subject={tables} />;
}
