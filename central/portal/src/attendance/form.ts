// 录入项: the fields of an application, those of the other kind hidden.
// Source: spec AE-030..AE-043, AE-050..AE-059, AE-004, AE-161, AE-163, AE-167.
import { api, dataAs } from "../api/client.ts";
import type { Around, Code, CodeTable, Field, LookUp, Section } from "../declaration/description.ts";
import { DECLARATION, exemptionKinds, NON_DECLARATION } from "./kinds.ts";

const isOfBills = ({ header }: Around) => header.doc_type === NON_DECLARATION;
const isOfDeclarations = ({ header }: Around) => !isOfBills({ header, row: {} });

export const docType: { list: Code[] } = { list: exemptionKinds.map((kind) => ({ code: kind.name, name: kind.title, unseen: true })) };
export const customsOffice: CodeTable = { table: "customs_office" };
export const attendanceMode: { list: Code[] } = {
  list: [
    { code: "entrusted", name: ["委托企业协助查验", "another party is entrusted to attend"], unseen: true },
    { code: "absent", name: ["查验时不到场", "nobody attends"], unseen: true },
  ],
};
const signatory: CodeTable = {
  list: [
    { code: "site_operator", name: ["监管场所经营人", "operator of the supervised site"], unseen: true },
    { code: "conveyance_master", name: ["运输工具负责人", "person in charge of the conveyance"], unseen: true },
  ],
};

/** 返填 after Enter in the number (AE-036, AE-057): the office of inspection, or why the number cannot be entered. */
const lookUp = (kind: string, member: "declaration_no" | "bill_no"): LookUp => ({
  ask: async (value) => {
    const query = { doc_type: kind, [member]: value };
    const found = await dataAs<{ inspection_customs_code: string }>(api.GET("/api/v1/attendance-exemptions/look-up", { params: { query } }));
    return { inspection_customs_code: found.inspection_customs_code };
  },
  fills: ["inspection_customs_code"],
});

const given = (name: string, label: Field["label"], kind: Field["kind"] = { is: "text", max: 64 }): Field => ({ name, label, kind, given: true });

export const sections: Section[] = [
  {
    name: "system",
    title: ["申请单", "Application"],
    fields: [
      given("data_center_no", ["数据中心统一编号", "Data-centre unified number"]),
      given("customs_review_no", ["海关审核编号", "Customs review number"]),
      given("application_date", ["申请日期", "Application date"]),
      { ...given("applicant_customs_code", ["申请单位代码", "Applicant's customs code"]), own: "customs_reg_no" },
      { ...given("applicant_name", ["申请单位", "Applicant"]), own: "name" },
      { name: "doc_type", label: ["单据类型", "Kind of record"], kind: { is: "code", of: docType }, fixed: true },
    ],
  },
  {
    name: "subject",
    title: ["查验货物", "Goods to be inspected"],
    fields: [
      { name: "declaration_no", newEachTime: "everywhere", label: ["报关单号", "Declaration number"], kind: { is: "text", max: 18, lead: "code" }, required: true, hidden: isOfBills, lookUp: lookUp(DECLARATION, "declaration_no"), hint: ["18 位报关单号，录入后按回车返填查验地海关；报关单须未放行，且境内收发货人为本单位", "18 digits; Enter fills in the customs office of inspection; the declaration must be unreleased and yours as domestic consignee or consignor"] },
      { name: "bill_no", newEachTime: "everywhere", label: ["提运单号", "Bill of lading or waybill"], kind: { is: "text", max: 35 }, required: true, hidden: isOfDeclarations, lookUp: lookUp(NON_DECLARATION, "bill_no"), hint: ["1 至 35 位字母、数字或 */_.-，录入后按回车返填查验地海关", "1 to 35 letters, digits or any of */_.-; Enter fills in the customs office of inspection"] },
      given("inspection_customs_code", ["查验地海关", "Customs office of inspection"], { is: "code", of: customsOffice }),
      { name: "vehicle_plate_no", newEachTime: true, label: ["车牌号", "Vehicle plate"], kind: { is: "text", max: 20 }, hidden: isOfDeclarations, hint: ["选填，最多 20 个字符，不含空格", "optional, at most 20 characters without blanks"] },
      { name: "contact_name", label: ["联系人", "Contact"], kind: { is: "text", max: 50 }, required: true, hint: ["1 至 50 个字符", "1 to 50 characters"] },
      { name: "contact_phone", label: ["联系电话", "Contact phone"], kind: { is: "text", max: 32 }, required: true, hint: ["手机、固定电话（如 0574-87654321）或国际号码（如 +86 21-58001234）", "a mobile, a landline such as 0574-87654321, or an international number such as +86 21-58001234"] },
    ],
  },
  {
    name: "outcome",
    title: ["办理结果", "Outcome"],
    ofRecordOnly: true,
    fields: [
      given("submitted_at", ["申请时间", "Applied at"], { is: "instant" }),
      given("attendance_mode", ["到场方式", "Way of attendance"], { is: "code", of: attendanceMode }),
      given("decided_at", ["审批时间", "Decided at"], { is: "instant" }),
      given("opinion", ["审批意见", "Words of customs"], { is: "area", max: 500 }),
      given("inspection.finished_on", ["查验完成日期", "Inspection finished on"], { is: "date" }),
      given("inspection.signed_by", ["查验记录签字人", "Inspection record signed by"], { is: "code", of: signatory }),
    ],
  },
];
