// 登录页: what a visitor sees; whoever picked a page before lands there afterwards (PO-009). From here one registers and gets back in.
import { Link } from "react-router";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import { LogIn } from "./log-in.tsx";
import { OutsideFrame } from "./outside.tsx";

export function LogInPage() {
  const say = useSay();
  return (
    <OutsideFrame title={say(w.logIn)}>
      <LogIn />
      <nav className="log-in-links" aria-label={say(w.noAccess)}>
        <Link className="link" to="/recover">{say(w.forgotten)}</Link>
        <Link className="link" to="/register">{say(w.registerNow)}</Link>
        <Link className="link" to="/first-card">{say(w.firstCard)}</Link>
      </nav>
    </OutsideFrame>
  );
}
