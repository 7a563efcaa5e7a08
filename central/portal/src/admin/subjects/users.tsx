// 用户: every account, those whose name is locked, and what an administrator does with them (PO-046, PO-062, PO-401..PO-405).
import { useQuery } from "@tanstack/react-query";
import { api, dataAs } from "../../api/client.ts";
import { deviceOf } from "../../account/device-name.ts";
import { logins, statuses } from "../../account/own-words.ts";
import { manyAs, manyOf } from "../../declaration/many-field.tsx";
import { instant } from "../../declaration/show.ts";
import { Failed, Waiting } from "../../declaration/states.tsx";
import { PlainTable } from "../../form/plain-table.tsx";
import { textOr, type PlainField } from "../../form/plain-form.tsx";
import { roles } from "../../words/common.ts";
import { useSay } from "../../words/language.tsx";
import { customsOffice, emailField, listOf, mobileField, personNameField, reasonField, roleCodes } from "../fields.ts";
import { SubjectPage } from "../subject-page.tsx";
import { str, strs, type Row, type Subject } from "../subject.ts";
import { m } from "../words.ts";

const OF_ENTERPRISES = ["enterprise_admin", "enterprise_operator", "agency_operator"];
const roleIs = (...wanted: string[]): Pick<PlainField, "absent"> => ({ absent: ({ header }) => !wanted.includes(header.role ?? "") });
const act = (name: "verify" | "disable" | "enable" | "unlock") => (values: Record<string, string>, row: Row) =>
  api.POST("/api/v1/admin/accounts/{account_id}/{act}", { params: { path: { account_id: str(row.id), act: name } }, body: { reason: values.reason ?? null } });

/** An account names its enterprise by a key that nobody knows; an administrator types the customs code. */
async function enterpriseOf(customsRegNo: string | undefined): Promise<string | null> {
  const code = textOr(customsRegNo);
  if (code === null) return null;
  const found = await dataAs<{ id: string }>(api.GET("/api/v1/admin/enterprises/{customs_reg_no}", { params: { path: { customs_reg_no: code } } }));
  return found.id;
}

const users: Subject = {
  slug: "users",
  title: m.users,
  id: (row) => str(row.username),
  conditions: [
    { name: "username", label: m.username, is: "text", max: 64 },
    { name: "role", label: m.role, is: "code", of: roleCodes },
    { name: "status", label: m.status, is: "code", of: listOf(statuses) },
    { name: "locked", label: m.locked, is: "code", of: listOf({ true: m.lockedNow, false: m.notLocked }) },
  ],
  columns: [
    { name: "username", label: m.username },
    { name: "person_name", label: m.personName },
    { name: "role", label: m.role, as: { words: roles } },
    { name: "mobile", label: m.mobile },
    { name: "customs_codes", label: m.offices, as: { code: customsOffice } },
    { name: "yard_ids", label: m.yards, as: "list" },
    { name: "status", label: m.status, as: { words: statuses } },
    { name: "identity_verified", label: m.identityVerified, as: "yes" },
    { name: "locked_until", label: m.lockedUntil, as: "instant" },
    { name: "reason", label: m.reason },
  ],
  list: ({ username, role, status, locked, page, page_size: size }) =>
    dataAs(api.GET("/api/v1/admin/accounts", { params: { query: { username, role, status, locked: locked ? locked === "true" : undefined, page: Number(page ?? 1), page_size: Number(size ?? 10) } } })),
  acts: [
    {
      name: "add",
      label: m.add,
      onList: true,
      lead: m.officerLead,
      fields: [
        { name: "role", label: m.role, kind: { is: "code", of: roleCodes }, required: true },
        { name: "username", label: m.username, kind: { is: "text", max: 32 }, required: true },
        personNameField,
        mobileField,
        emailField,
        { name: "enterprise", label: m.enterpriseId, kind: { is: "text", max: 10, lead: "code" }, required: true, ...roleIs(...OF_ENTERPRISES) },
        { name: "customs_codes", label: m.offices, kind: { is: "many", of: customsOffice }, required: true, span: 2, ...roleIs("customs_officer") },
        { name: "yard_ids", label: m.yards, kind: { is: "many" }, required: true, span: 2, ...roleIs("yard_operator") },
      ],
      run: async (values) =>
        api.POST("/api/v1/admin/accounts", {
          body: {
            role: values.role,
            username: values.username,
            person_name: textOr(values.person_name),
            mobile: textOr(values.mobile),
            email: textOr(values.email),
            enterprise_id: await enterpriseOf(values.enterprise),
            customs_codes: manyOf(values.customs_codes ?? ""),
            yard_ids: manyOf(values.yard_ids ?? ""),
          },
        }),
    },
    {
      name: "amend",
      label: m.amend,
      shows: (row) => row.status !== "closed",
      fields: (row) => [
        personNameField,
        mobileField,
        emailField,
        ...(row.role === "customs_officer" ? [{ name: "customs_codes", label: m.offices, kind: { is: "many", of: customsOffice }, required: true, span: 2 } as PlainField] : []),
        ...(row.role === "yard_operator" ? [{ name: "yard_ids", label: m.yards, kind: { is: "many" }, required: true, span: 2 } as PlainField] : []),
      ],
      start: (row) => ({ person_name: str(row.person_name), mobile: str(row.mobile), email: str(row.email), customs_codes: manyAs(strs(row.customs_codes)), yard_ids: manyAs(strs(row.yard_ids)) }),
      run: (values, row) =>
        api.PUT("/api/v1/admin/accounts/{account_id}", {
          params: { path: { account_id: str(row.id) } },
          body: {
            version: Number(row.version),
            person_name: textOr(values.person_name),
            mobile: textOr(values.mobile),
            email: textOr(values.email),
            customs_codes: manyOf(values.customs_codes ?? ""),
            yard_ids: manyOf(values.yard_ids ?? ""),
          },
        }),
    },
    { name: "verify", label: m.verify, lead: m.verifyLead, shows: (row) => row.status === "pending" && row.identity_verified !== true, run: act("verify") },
    { name: "unlock", label: m.unlock, lead: m.unlockLead, shows: (row) => Boolean(row.locked_until), run: act("unlock") },
    { name: "disable", label: m.disable, lead: m.disableLead, danger: true, shows: (row) => row.status === "active" || row.status === "pending", fields: [reasonField], run: act("disable") },
    { name: "enable", label: m.enable, shows: (row) => row.status === "disabled", run: act("enable") },
  ],
  detail: { label: m.logIns, Body: LogIns },
};

function LogIns({ row }: { row: Row }) {
  const say = useSay();
  const list = useQuery({ queryKey: ["users", "sessions", row.id], queryFn: () => dataAs<{ items: Row[] }>(api.GET("/api/v1/admin/accounts/{account_id}/sessions", { params: { path: { account_id: str(row.id) } } })), retry: false });
  if (list.isPending) return <Waiting />;
  if (list.isError) return <Failed error={list.error} again={() => void list.refetch()} />;
  return (
    <PlainTable
      label={m.logIns}
      rows={list.data.items}
      rowKey={(one) => str(one.id)}
      columns={[
        { name: "created_at", label: m.began, show: (one) => instant(one.created_at) },
        { name: "login", label: m.login, show: (one) => say(logins[str(one.login)] ?? m.login) },
        { name: "device", label: m.device, show: (one) => deviceOf(str(one.device)) },
        { name: "address", label: m.address, show: (one) => str(one.address) },
        { name: "seen_at", label: m.seen, show: (one) => instant(one.seen_at) },
        { name: "ended_at", label: m.endedAt, show: (one) => instant(one.ended_at) },
        { name: "ended_by", label: m.endedBy, show: (one) => str(one.ended_by) },
      ]}
    />
  );
}

export default function Users() {
  return <SubjectPage subject={users} />;
}
