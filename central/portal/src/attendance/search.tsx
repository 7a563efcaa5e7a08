// 数据查询: the query page (AE-120..AE-134) of exemptions.
import { QueryPage } from "../declaration/query-page.tsx";
import { exemptions } from "./manual.ts";

export default function Page() {
  return <QueryPage manual={exemptions} />;
}
