// 参数: the short lists of the manual; codes as the centre has them.
// Source: spec SG-091..SG-099.
import type { Code, CodeTable } from "../declaration/description.ts";

const list = (...rows: [code: string, zh: string, en: string][]): { list: Code[] } => ({ list: rows.map(([code, zh, en]) => ({ code, name: [zh, en] as const })) });

export const mediumType = list(["VN", "车牌号", "plate"], ["VE", "电子车牌号", "electronic plate"], ["IC", "IC卡", "IC card"], ["BC", "条形码", "bar code"]);
export const ieFlag = list(["I", "进口", "import"], ["E", "出口", "export"]);
export const businessType = list(
  ["1000000000", "报关", "declaration"],
  ["0100000000", "转关", "transit"],
  ["0010000000", "查验分流", "inspection diversion"],
  ["0001000000", "分拨分流", "distribution diversion"],
  ["0000100000", "空箱", "empty container"],
  ["0000010000", "集中查验", "central inspection"],
  ["0000001000", "多式联运", "multimodal"],
  ["0000000100", "空车", "empty vehicle"],
  ["1010000000", "报关+查验分流", "declaration and inspection diversion"],
  ["1000001000", "多式联运+报关", "multimodal and declaration"],
);
export const transportMode = list(["2", "海运", "sea"], ["4", "公路", "road"], ["5", "航空", "air"]);
export const passType = list(["01", "重进空出", "laden in, empty out"], ["02", "空进重出", "empty in, laden out"], ["03", "重进重出", "laden in, laden out"], ["04", "空进空出", "empty in, empty out"]);
export const objectType = list(["C", "集装箱", "container"], ["B", "提单", "bill of lading"], ["T", "转关单", "transit declaration"], ["VC", "车辆海关编号", "vehicle customs number"], ["VN", "车辆车牌", "vehicle plate"]);
export const direction = list(["I", "进", "into the site"], ["E", "出", "out of the site"]);
export const billType = list(["1", "一程舱单", "first-leg manifest"], ["2", "二程舱单", "second-leg manifest"]);
export const customsCode: CodeTable = { table: "customs_office", yardsFirst: true };

export const SEA = "2";
export const IMPORT = "I";
export const BILL = "B";
export const EMPTY_CONTAINER = "0000100000";
