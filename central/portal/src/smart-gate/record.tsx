// 查看: the record's page (SG-140, SG-146) of the smart gate.
import { RecordPage } from "../declaration/record-page.tsx";
import { smartGate } from "./manual.ts";

export default function Page() {
  return <RecordPage manual={smartGate} />;
}
