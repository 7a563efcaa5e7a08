// 录入: the entry page of both kinds (AE-101..AE-117) of exemptions.
import { EntryPage } from "../declaration/entry-page.tsx";
import { exemptions } from "./manual.ts";

export default function Page() {
  return <EntryPage manual={exemptions} />;
}
