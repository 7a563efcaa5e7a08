// 录入: the entry page (SG-108..SG-124) of the smart gate.
import { EntryPage } from "../declaration/entry-page.tsx";
import { smartGate } from "./manual.ts";

export default function Page() {
  return <EntryPage manual={smartGate} />;
}
