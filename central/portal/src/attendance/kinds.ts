// 单据类型: the two kinds of application, each entered on a page of its own (AE-003, AE-011).
import type { RecordKind } from "../declaration/description.ts";

export const DECLARATION = "declaration";
export const NON_DECLARATION = "non_declaration";

export const exemptionKinds: RecordKind[] = [
  { name: DECLARATION, title: ["免于到场协助查验申请（报关单）", "Exemption (declaration)"], values: { doc_type: DECLARATION } },
  { name: NON_DECLARATION, title: ["免于到场协助查验申请（非报关单）", "Exemption (other than declaration)"], values: { doc_type: NON_DECLARATION } },
];
