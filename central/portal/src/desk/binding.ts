// 绑定审核: the officers' side of the smart gate.
// Source: spec SG-022, SG-150, SG-175, SG-183..SG-187, SG-199.
import { api, dataAs, once } from "../api/client.ts";
import type { Listing, Statement } from "../declaration/description.ts";
import { smartGate } from "../smart-gate/manual.ts";
import { customsCode, ieFlag, mediumType } from "../smart-gate/tables.ts";
import type { Text } from "../words/words.ts";
import type { Asked, DeskManual } from "./description.ts";

const KINDS: Record<string, Text> = { CHANGE: ["变更", "Change"], DELETE: ["删单", "Delete order"] };

const bodyOf = ({ act, text, records }: Asked) => ({ act, text, records: records.map(({ number, version }) => ({ unified_no: number, version })) });

export const bindings: DeskManual = {
  manual: smartGate,
  short: ["绑定", "Bindings"],
  conditions: [
    { name: "medium_key", label: ["绑定介质关键信息", "Medium key"], is: "text", max: 64 },
    { name: "change_kind", label: ["申报类型", "Kind"], is: "code", of: { list: [{ code: "NEW", name: ["新增", "new"], unseen: true }, { code: "CHANGE", name: ["变更", "change"], unseen: true }, { code: "DELETE", name: ["删单", "delete order"], unseen: true }] } },
    { name: "medium_type", label: ["绑定介质类型", "Medium type"], is: "code", of: mediumType },
    { name: "ie_flag", label: ["进出口标志", "Import/export"], is: "code", of: ieFlag },
    { name: "customs_code", label: ["关区代码", "Customs area"], is: "code", of: customsCode },
    { name: "uscc", label: ["统一社会信用代码", "Unified social credit code"], is: "text", max: 18 },
  ],
  list: (query) => dataAs<Listing>(api.GET("/api/v1/desk/work", { params: { query } })),
  line: (record) => {
    const kind = KINDS[String(record.change_kind)];
    return { name: String(record.medium_key), tags: kind ? [kind] : [] };
  },
  waitsSince: (record) => record.waits_since,
  acts: [
    { name: "approve", label: ["审核通过", "Approve"], needsText: false },
    { name: "return", label: ["退单", "Return"], needsText: true, danger: true },
    { name: "hold", label: ["布控", "Hold"], needsText: true, danger: true },
    { name: "lift", label: ["解除布控", "Lift the hold"], needsText: false },
    { name: "finish", label: ["办结", "Close"], needsText: false },
    { name: "close", label: ["人工办结", "Close by hand"], needsText: true },
    { name: "left-port", label: ["口岸离场", "Left the port"], needsText: false },
  ],
  inBulk: true,
  statement: (asked) => dataAs<Statement>(api.POST("/api/v1/desk/bulk/statements", { body: bodyOf(asked) })),
  decide: (asked, signature) => api.POST("/api/v1/desk/bulk", { body: { ...bodyOf(asked), signature }, headers: once() }),
};
