// 注册信息: which fields each kind of registration asks for (PO-023..PO-035), and what is sent.
import type { Values } from "../declaration/description.ts";
import { textOr, type PlainField } from "../form/plain-form.tsx";
import { a } from "./words.ts";

export type Kind = "enterprise" | "agency" | "individual";

const account: PlainField[] = [
  { name: "username", label: a.username, hint: a.usernameHint, kind: { is: "text", max: 32 }, required: true },
  { name: "password", label: a.password, kind: { is: "secret" }, required: true },
  { name: "mobile", label: a.mobile, hint: a.mobileHint, kind: { is: "text", max: 11, lead: "code" }, required: true },
  { name: "email", label: a.email, kind: { is: "text", max: 100 } },
];
const customsRegNo: PlainField = { name: "customs_reg_no", label: a.customsRegNo, hint: a.customsRegNoHint, kind: { is: "text", max: 10, lead: "code" } };

export const fieldsOf: Record<Kind, PlainField[]> = {
  enterprise: [
    { name: "enterprise_name", label: a.enterpriseName, kind: { is: "text", max: 100 }, required: true, span: 2 },
    { name: "uscc", label: a.uscc, hint: a.usccHint, kind: { is: "text", max: 18, lead: "code" }, required: true },
    customsRegNo,
    { name: "ciq_no", label: a.ciqNo, kind: { is: "text", max: 10, lead: "code" }, span: 2 },
    ...account,
  ],
  agency: [
    { name: "enterprise_name", label: a.agencyName, kind: { is: "text", max: 100 }, required: true, span: 2 },
    { name: "country", label: a.country, kind: { is: "text", max: 50 }, required: true },
    { name: "foreign_reg_no", label: a.foreignRegNo, kind: { is: "text", max: 50 }, required: true },
    ...account,
  ],
  individual: [
    { name: "person_name", label: a.personName, kind: { is: "text", max: 50 }, required: true, span: 2 },
    {
      name: "id_type",
      label: a.idType,
      kind: { is: "code", of: { list: [{ code: "resident_id", name: a.residentId, unseen: true }, { code: "passport", name: a.passport, unseen: true }] } },
      required: true,
    },
    { name: "id_number", label: a.idNumber, kind: { is: "text", max: 20, lead: "code" }, required: true },
    ...account,
  ],
};

export function bodyOf(kind: Kind, values: Values, agreed: boolean) {
  const { password, ...texts } = values;
  const told = Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, textOr(value)]));
  return {
    ...told,
    password: password ?? "",
    user_kind: kind === "individual" ? "individual" : "enterprise",
    is_overseas_agency: kind === "agency",
    agreements_accepted: agreed,
  };
}
