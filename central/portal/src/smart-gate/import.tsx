// 导入: the import page of the smart gate.
import { ImportPage } from "../declaration/import-page.tsx";
import { imports } from "./imports.ts";
import { smartGate } from "./manual.ts";

export default function Page() {
  return <ImportPage manual={smartGate} imports={imports} />;
}
