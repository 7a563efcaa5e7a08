// 提交: check and sign (AC-016, AC-118, AC-127, AC-148, AC-154) of appointments.
import { SignPage } from "../declaration/sign-page.tsx";
import { appointment } from "./manual.ts";

export default function Page() {
  return <SignPage manual={appointment} />;
}
