// 查看: the record's page (AC-124..AC-157, AC-174) of appointments, with feedback and explanation.
import { RecordPage } from "../declaration/record-page.tsx";
import { appointment } from "./manual.ts";

export default function Page() {
  return <RecordPage manual={appointment} />;
}
