// 申报: check and sign (SG-019, SG-114..SG-117, SG-145) of the smart gate.
import { SignPage } from "../declaration/sign-page.tsx";
import { smartGate } from "./manual.ts";

export default function Page() {
  return <SignPage manual={smartGate} />;
}
