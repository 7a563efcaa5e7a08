// 查看: the record's page (AE-131, AE-133) of exemptions.
import { RecordPage } from "../declaration/record-page.tsx";
import { exemptions } from "./manual.ts";

export default function Page() {
  return <RecordPage manual={exemptions} />;
}
