// 录入: the entry page (AC-031..AC-072) of appointments.
import { EntryPage } from "../declaration/entry-page.tsx";
import { appointment } from "./manual.ts";

export default function Page() {
  return <EntryPage manual={appointment} />;
}
