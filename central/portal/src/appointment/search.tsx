// 查询: the query page (AC-160..AC-176) of appointments.
import { QueryPage } from "../declaration/query-page.tsx";
import { appointment } from "./manual.ts";

export default function Page() {
  return <QueryPage manual={appointment} />;
}
