// 录入项: the header and the lines of a binding, with their conditions.
// Source: spec SG-034..SG-069, SG-082, SG-104, SG-106, SG-149.
import type { Around, CodeTable, Field, Rows, Section } from "../declaration/description.ts";
import * as table from "./tables.ts";

const notBill = ({ row }: Around) => row.object_type !== undefined && row.object_type !== "" && row.object_type !== table.BILL;
const isBill = ({ row }: Around) => row.object_type === table.BILL;
const isSea = ({ header }: Around) => header.transport_mode === table.SEA;
const notSea = ({ header }: Around) => header.transport_mode !== undefined && header.transport_mode !== "" && !isSea({ header, row: {} });

const kg: Field["kind"] = { is: "number", decimals: 2 };
const code = (of: CodeTable): Field["kind"] => ({ is: "code", of });

export const sections: Section[] = [
  {
    name: "system",
    title: ["系统信息", "System"],
    fields: [
      { name: "unified_no", label: ["数据中心统一编号", "Data-centre unified number"], kind: { is: "text", max: 18 }, given: true },
      { name: "trip_no", label: ["车次确认编号", "Trip confirmation number"], kind: { is: "text", max: 32 }, given: true },
      { name: "entry_date", label: ["录入时间", "Entered"], kind: { is: "date" }, given: true },
      { name: "uscc", label: ["统一社会信用代码", "Unified social credit code"], kind: { is: "text", max: 18 }, given: true },
      { name: "org_code", label: ["组织机构代码", "Organisation code"], kind: { is: "text", max: 9 }, given: true },
      { name: "operator", label: ["操作人员", "Operator"], kind: { is: "text", max: 32 }, given: true },
    ],
  },
  {
    name: "vehicle",
    title: ["绑定信息", "Binding"],
    fields: [
      { name: "customs_code", label: ["关区代码", "Customs area"], kind: code(table.customsCode), required: true, fixedInChange: true, hint: ["请输入四位关区代码或名称，按空格键打开列表", "four digits or the name of the customs area; Space opens the list"] },
      { name: "medium_type", label: ["绑定介质类型", "Medium type"], kind: code(table.mediumType), required: true, hint: ["卡口识别车辆所用的介质：车牌、电子车牌、IC 卡或条形码", "what the gate knows the vehicle by: plate, electronic plate, IC card or bar code"] },
      { name: "medium_key", newEachTime: true, label: ["绑定介质关键信息", "Medium key"], kind: { is: "text", max: 64, lead: "code" }, required: true, grey: ({ header }) => !header.medium_type, hint: ["车牌号 4 至 15 位，如 蒙LK8216；先选择绑定介质类型", "a plate of 4 to 15 characters, letters, digits and Chinese; choose the medium type first"] },
      { name: "business_type", label: ["业务类型", "Business type"], kind: code(table.businessType), required: true },
      { name: "transport_mode", label: ["运输方式", "Transport mode"], kind: code(table.transportMode), required: true },
      { name: "ie_flag", label: ["进出口标志", "Import/export"], kind: code(table.ieFlag), required: true },
      { name: "vehicle_pass_type", label: ["过卡车辆类型", "Pass-vehicle type"], kind: code(table.passType) },
      { name: "vehicle_weight_kg", label: ["车辆重量（公斤）", "Vehicle weight (kg)"], kind: kg, required: true, hint: ["大于 0，最多两位小数", "greater than 0, at most two decimals"] },
      { name: "trailer_weight_kg", label: ["挂车重量（公斤）", "Trailer weight (kg)"], kind: kg, required: true, hint: ["无挂车填 0", "0 without a trailer"] },
      { name: "container_weight_kg", label: ["集装箱重量（公斤）", "Container weight (kg)"], kind: kg, required: true, hint: ["无集装箱填 0", "0 without a container"] },
      { name: "remark", newEachTime: true, label: ["备注", "Remark"], kind: { is: "area", max: 1000 }, span: 2, hint: ["最多 1000 个字符", "at most 1000 characters"] },
    ],
  },
];

export const lines: Rows = {
  name: "lines",
  title: ["表体", "Lines"],
  most: 99,
  fields: [
    { name: "direction", label: ["进出方向", "Direction"], kind: code(table.direction) },
    { name: "object_type", label: ["绑定对象类型", "Object type"], kind: code(table.objectType), required: true },
    { name: "object_id", label: ["绑定对象 ID", "Object ID"], kind: { is: "text", max: 35, lead: "code" }, required: ({ header, row }) => row.object_type !== table.BILL || header.ie_flag === table.IMPORT, hint: ["集装箱号、提单号、转关单号、车辆海关编号或车牌号", "container, bill of lading, transit declaration, vehicle customs number or plate"] },
    { name: "business_type", label: ["业务类型", "Business type"], kind: code(table.businessType), required: true },
    { name: "vessel_name", label: ["船名", "Vessel"], kind: { is: "text", max: 70 }, required: isSea, grey: notSea },
    { name: "voyage_no", label: ["航次/货物运输批次号", "Voyage or transport batch number"], kind: { is: "text", max: 32 }, required: true, hint: ["海运填航次，公路填货物运输批次号，航空填航班号", "sea: voyage; road: transport batch number; air: flight"] },
    { name: "bill_type", label: ["提单类型", "Bill type"], kind: code(table.billType), required: isBill, grey: notBill },
    { name: "pickup_weight_kg", label: ["本次提货重量（公斤）", "This pick-up (kg)"], kind: kg, required: isBill, grey: notBill, hint: ["大于 0，最多两位小数", "greater than 0, at most two decimals"] },
    { name: "container_no_1", label: ["集装箱号 1", "Container 1"], kind: { is: "text", max: 11, lead: "code" }, required: ({ row }) => row.business_type === table.EMPTY_CONTAINER, hint: ["4 位字母和 7 位数字", "four letters and seven digits"] },
    { name: "seal_no_1", label: ["安全智能锁号 1", "E-seals 1"], kind: { is: "text", max: 62 }, hint: ["最多 3 个，用竖线 | 分隔", "at most three, with a vertical bar between"], notInTable: true },
    { name: "container_no_2", label: ["集装箱号 2", "Container 2"], kind: { is: "text", max: 11, lead: "code" }, hint: ["4 位字母和 7 位数字", "four letters and seven digits"] },
    { name: "seal_no_2", label: ["安全智能锁号 2", "E-seals 2"], kind: { is: "text", max: 62 }, hint: ["最多 3 个，用竖线 | 分隔", "at most three, with a vertical bar between"], notInTable: true },
    { name: "remark", label: ["备注", "Remark"], kind: { is: "text", max: 1000 }, hint: ["最多 1000 个字符", "at most 1000 characters"], notInTable: true },
  ],
};
