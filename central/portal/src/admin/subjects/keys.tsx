// 接口密钥: the keys of all accounts; one that got into wrong hands is ended (PO-046, PO-330).
import { Scopes } from "../../account/keys.tsx";
import { api, dataAs } from "../../api/client.ts";
import { SubjectPage } from "../subject-page.tsx";
import { str, strs, type Subject } from "../subject.ts";
import { m } from "../words.ts";

const keys: Subject = {
  slug: "keys",
  title: m.keys,
  id: (row) => `${str(row.name)} (${str(row.username)}) ${str(row.id).slice(-6)}`,
  conditions: [
    { name: "username", label: m.username, is: "text", max: 64 },
    { name: "name", label: m.keyName, is: "text", max: 50 },
  ],
  columns: [
    { name: "username", label: m.username },
    { name: "name", label: m.keyName },
    { name: "scopes", label: m.keyScopes, as: (row) => <Scopes scopes={strs(row.scopes)} /> },
    { name: "created_at", label: m.madeAt, as: "instant" },
  ],
  list: ({ username, name, page, page_size: size }) => dataAs(api.GET("/api/v1/admin/keys", { params: { query: { username, name, page: Number(page ?? 1), page_size: Number(size ?? 10) } } })),
  acts: [{ name: "end", label: m.endKey, lead: m.endKeyLead, danger: true, run: (_values, row) => api.DELETE("/api/v1/admin/keys/{key_id}", { params: { path: { key_id: str(row.id) } } }) }],
};

export default function Keys() {
  return <SubjectPage subject={keys} />;
}
