// 查询: the query page (SG-125..SG-139) of the smart gate.
import { QueryPage } from "../declaration/query-page.tsx";
import { smartGate } from "./manual.ts";

export default function Page() {
  return <QueryPage manual={smartGate} />;
}
