// 上次录入: brings to the centre what the next record will most likely have as well. A failure costs some typing, and is told to nobody.
import { api } from "../api/client.ts";
import type { Manual, Values } from "./description.ts";

export const keepLastUsed = (manual: Manual, values: Values) =>
  void api.PUT("/api/v1/last-used/{manual}", { params: { path: { manual: manual.name } }, body: { values } }).catch(() => undefined);
