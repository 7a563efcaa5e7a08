// 申请: check and sign (AE-016, AE-104) of exemptions.
import { SignPage } from "../declaration/sign-page.tsx";
import { exemptions } from "./manual.ts";

export default function Page() {
  return <SignPage manual={exemptions} />;
}
