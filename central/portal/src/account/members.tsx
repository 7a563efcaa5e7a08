// 企业操作员: the accounts below an enterprise, kept by its administrator (PO-022, PO-040, PO-404, PO-405).
import { api, dataAs } from "../api/client.ts";
import { mobileField, personNameField, reasonField } from "../admin/fields.ts";
import { SubjectPage } from "../admin/subject-page.tsx";
import { str, type Row, type Subject } from "../admin/subject.ts";
import { m } from "../admin/words.ts";
import { textOr } from "../form/plain-form.tsx";
import { roles, w } from "../words/common.ts";
import { statuses } from "./own-words.ts";
import { a } from "./words.ts";

const at = (row: Row) => ({ params: { path: { account_id: str(row.id) } } });

const members: Subject = {
  slug: "members",
  title: w.members,
  id: (row) => str(row.username),
  conditions: [],
  columns: [
    { name: "username", label: m.username },
    { name: "person_name", label: m.personName },
    { name: "role", label: m.role, as: { words: roles } },
    { name: "mobile", label: m.mobile },
    { name: "status", label: m.status, as: { words: statuses } },
    { name: "reason", label: m.reason },
    { name: "created_at", label: m.madeAt, as: "instant" },
  ],
  list: () => dataAs(api.GET("/api/v1/enterprise/members")),
  acts: [
    {
      name: "add",
      label: m.add,
      onList: true,
      fields: [
        { name: "username", label: m.username, hint: a.usernameHint, kind: { is: "text", max: 32 }, required: true },
        personNameField,
        { ...mobileField, required: true },
        { name: "password", label: m.password, kind: { is: "secret" }, required: true },
      ],
      run: (values) => api.POST("/api/v1/enterprise/members", { body: { username: values.username ?? "", password: values.password ?? "", mobile: values.mobile ?? "", person_name: textOr(values.person_name) } }),
    },
    {
      name: "reset",
      label: m.reset,
      lead: m.resetLead,
      shows: (row, person) => row.status === "active" && row.username !== person.username,
      fields: [{ name: "new_password", label: m.newPassword, kind: { is: "secret" }, required: true }],
      run: (values, row) => api.POST("/api/v1/enterprise/members/{account_id}/password", { ...at(row), body: { new_password: values.new_password ?? "" } }),
    },
    {
      name: "disable",
      label: m.disable,
      lead: m.disableLead,
      danger: true,
      shows: (row, person) => row.status === "active" && row.username !== person.username,
      fields: [reasonField],
      run: (values, row) => api.POST("/api/v1/enterprise/members/{account_id}/disable", { ...at(row), body: { reason: values.reason } }),
    },
    {
      name: "enable",
      label: m.enable,
      shows: (row) => row.status === "disabled",
      run: (_values, row) => api.POST("/api/v1/enterprise/members/{account_id}/enable", at(row)),
    },
  ],
};

export default function Members() {
  return <SubjectPage subject={members} path="/members" />;
}
