// 导入: what the import page calls for bindings.
import { api, dataAs, once } from "../api/client.ts";
import type { Imported, Imports, Tried } from "../declaration/description.ts";

const IMPORT = "/api/v1/smart-gate/records/import";
const WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/** The file as it is, in place of JSON. */
const sent = (file: File) => ({ body: file as never, bodySerializer: (body: unknown) => body as File });
const kindOf = (file: File) => ({ "Content-Type": /\.csv$/i.test(file.name) ? "text/csv" : WORKBOOK });
const dry = { params: { query: { dry_run: true } } };

export const imports: Imports = {
  template: `${IMPORT}/template`,
  tryOut: (file) => dataAs<{ items: Tried[] }>(api.POST(IMPORT, { ...dry, ...sent(file), headers: kindOf(file) })),
  marked: (file) => dataAs<Blob>(api.POST(IMPORT, { ...dry, ...sent(file), headers: { ...kindOf(file), Accept: WORKBOOK }, parseAs: "blob" })),
  run: (file) => dataAs<{ items: Imported[] }>(api.POST(IMPORT, { ...sent(file), headers: { ...kindOf(file), ...once() } })),
};
