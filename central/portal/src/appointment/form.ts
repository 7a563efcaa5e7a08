// 录入项: the basic information and the goods of an application, with what the centre is asked while they are typed.
// Source: spec AC-035..AC-072, AC-094, AC-114.
import { api, dataAs } from "../api/client.ts";
import type { Advice, Enterprise, Field, LookUp, Rows, Section } from "../declaration/description.ts";
import { instantOf, momentOf } from "../declaration/times.ts";
import { instant } from "../declaration/show.ts";
import { pick, type Text } from "../words/words.ts";
import * as table from "./tables.ts";

const SLOT_MS = 2 * 3_600_000;
const given = (name: string, zh: string, en: string, kind: Field["kind"] = { is: "text", max: 200 }): Field => ({ name, label: [zh, en], kind, given: true });

/** 收发货人 of a typed code; throws what stands against a new application of the two (AC-094). */
const consignee: LookUp = {
  popUp: true,
  ask: async (code) => {
    const found = await dataAs<{ consignee: Enterprise | null }>(api.GET("/api/v1/appointments/consignee", { params: { query: { consignee: code } } }));
    const { uscc, ciq_no, name } = found.consignee ?? {};
    return { "consignee.uscc": uscc ?? "", "consignee.ciq_no": ciq_no ?? "", "consignee.name": name ?? "" };
  },
};

interface Deadline {
  deadline: string;
  set_by: string;
  lead_hours: number;
  over: boolean;
}

interface Hours {
  items: { start: string; end: string }[];
  hint: string | null;
}

const filled = (text: Text, values: Record<string, string | number>): Text => [pick("zh", text, values), pick("en", text, values)];

/** 最迟申请时间 of the slot (AC-114), and the hours of the entry/exit port on its day, by which it can be checked (AC-182). */
const deadline: Advice = {
  needs: ["consignee.customs_reg_no", "declaration_port", "entry_exit_port", "slot_start"],
  ask: async (values) => {
    const [start, moment, port] = [instantOf(values.slot_start ?? ""), momentOf(values.slot_start ?? ""), values.entry_exit_port ?? ""];
    if (!start || !moment) return { tone: "bad", lines: [] };
    const query = { consignee: values["consignee.customs_reg_no"] ?? "", declaration_port: values.declaration_port ?? "", entry_exit_port: port, slot_start: start };
    const told = await dataAs<Deadline>(api.GET("/api/v1/appointments/deadline", { params: { query } }));
    const date = moment.slice(0, 10);
    const hours = await dataAs<Hours>(api.GET("/api/v1/ports/working-hours", { params: { query: { date_from: date, date_to: date, port } } }));
    const spans = hours.items.map(({ start, end }) => `${start}–${end}`).join(" ");
    const until = { at: instant(told.deadline), port: told.set_by, hours: told.lead_hours };
    const first: Text = told.over
      ? ["已超过最迟申请时间 {at}（由 {port} 口岸确定，提前 {hours} 小时）", "The deadline was {at} (set by port {port}, {hours} hours ahead)"]
      : ["最迟申请时间 {at}（由 {port} 口岸确定，提前 {hours} 小时）", "Apply by {at} (set by port {port}, {hours} hours ahead)"];
    const second: Text = spans ? ["{port} 口岸 {date} 工作时间 {spans}", "Working hours of port {port} on {date}: {spans}"] : ["{port} 口岸 {date} 为非工作日", "Port {port} does not work on {date}"];
    return { tone: told.over ? "bad" : "good", lines: [filled(first, until), filled(second, { port, date, spans })] };
  },
};

export const sections: Section[] = [
  {
    name: "basic",
    title: ["预约申请基本信息", "Basic information"],
    advice: deadline,
    fields: [
      given("application_no", "预约通关申请单申请编号", "Application number"),
      given("pre_entry_no", "预录入编号", "Pre-entry number"),
      given("status", "申请状态", "Status", { is: "code", of: { list: table.status } }),
      { ...given("declarant.customs_reg_no", "申报单位海关编码", "Declarant, customs code"), own: "customs_reg_no" },
      { ...given("declarant.uscc", "申报单位统一社会信用代码", "Declarant, credit code"), own: "uscc" },
      { ...given("declarant.ciq_no", "申报单位检验检疫编码", "Declarant, inspection code"), own: "ciq_no" },
      { ...given("declarant.name", "申报单位名称", "Declarant, name"), own: "name" },
      { name: "consignee.customs_reg_no", label: ["收发货人海关编码", "Consignee/consignor, customs code"], kind: { is: "text", max: 10, lead: "code" }, required: true, lookUp: consignee, hint: ["请录入收发货人 10 位海关编码，离开后返填名称与信用代码", "the 10-character customs code; its name and codes are filled in when you leave the field"] },
      given("consignee.uscc", "收发货人统一社会信用代码", "Consignee, credit code"),
      given("consignee.ciq_no", "收发货人检验检疫编码", "Consignee, inspection code"),
      given("consignee.name", "收发货人名称", "Consignee, name"),
      { name: "contact_name", label: ["联系人姓名", "Contact"], kind: { is: "text", max: 50 }, required: true, hint: ["请如实填写", "fill in truthfully"] },
      { name: "contact_mobile", label: ["联系人手机", "Contact's mobile"], kind: { is: "text", max: 20, lead: "code" }, required: true, hint: ["11 位大陆手机号码，或以 + 开头的国际号码；海关非工作时间将拨打此号码", "a mainland mobile of 11 digits, or an international one beginning with +: customs calls it outside office hours"] },
      { name: "declaration_port", label: ["预约申报口岸", "Declaration port"], kind: { is: "code", of: table.port }, required: true, hint: ["请输入四位口岸代码或名称，按空格键打开列表", "four digits or the name of the port; Space opens the list"] },
      { name: "entry_exit_port", label: ["预约进出口岸", "Entry/exit port"], kind: { is: "code", of: table.port }, required: true, hint: ["货物实际进出境口岸：四位代码或名称，按空格键打开列表", "where the goods enter or leave: four digits or a name; Space opens the list"] },
      { name: "transport_mode", label: ["运输方式", "Transport mode"], kind: { is: "code", of: { list: table.transportMode } }, required: true },
      { name: "slot_start", newEachTime: "everywhere", label: ["预约通关时间（起始）", "Slot start"], kind: { is: "instant" }, required: true, hint: ["如 2026-12-05 10:00，整分钟，须在海关非工作时间内，时长 2 小时", "such as 2026-12-05 10:00, Beijing time, whole minutes; two hours outside the working hours of customs"] },
      { ...given("slot_end", "预约通关时间（截止）", "Slot end", { is: "instant" }), derive: ({ header }) => endOf(header.slot_start ?? "") },
      { name: "ie_flag", label: ["进出口标识", "Import/export"], kind: { is: "boxes", of: table.ieFlag }, required: true, hint: ["进口、出口须且仅须勾选一项", "tick exactly one of the two"] },
      { name: "reason", label: ["预约通关事由", "Reason"], kind: { is: "area", max: 500, bytes: true }, required: true, span: 3, hint: ["请说明申请非工作时间通关的事由，最多 500 个字符", "why clearance is needed outside working hours, at most 500 characters"] },
    ],
  },
];

/** Two hours after the start (AC-048). */
function endOf(start: string): string {
  const from = instantOf(start);
  return from ? instant(new Date(Date.parse(from) + SLOT_MS).toISOString()) : "";
}

export const goods: Rows = {
  name: "goods",
  title: ["商品名称及 HS 编码", "Goods and HS codes"],
  most: 4000,
  least: 1,
  fields: [
    { name: "hs_code", label: ["商品 HS 编码", "HS code"], kind: { is: "code", of: table.hsCode, names: "name" }, required: true, hint: ["请至少输入 4 位数字，从列表中选择 10 位编码", "type at least 4 digits and choose a code of 10 digits from the list"] },
    { name: "name", label: ["商品名称", "Name of the goods"], kind: { is: "text", max: 4000 }, required: true, span: 2, hint: ["由 HS 编码返填，可修改；所有商品名称合计不超过 4000 个字符；按回车保存该行", "filled in from the HS code, may be edited; 4000 characters in all names together; Enter stores the row"] },
  ],
};
