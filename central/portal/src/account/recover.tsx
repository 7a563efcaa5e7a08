// 忘记用户名/忘记密码: one code to the registered mobile tells the names and sets a password (PO-037).
import { Alert } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { api, dataAs } from "../api/client.ts";
import { PlainForm } from "../form/plain-form.tsx";
import { OutsideFrame } from "../session/outside.tsx";
import { plain } from "../words/words.ts";
import { useSay } from "../words/language.tsx";
import { PasswordRules } from "./password-rules.tsx";
import { StepsLine } from "./steps-line.tsx";
import { a } from "./words.ts";

interface Proved {
  code: string;
  usernames: string[];
}

export default function Recover() {
  const say = useSay();
  const [mobile, setMobile] = useState<string | null>(null);
  const [proved, setProved] = useState<Proved | null>(null);
  const [done, setDone] = useState(false);
  const [typed, setTyped] = useState<Record<string, string>>({});
  const at = done ? 3 : proved ? 2 : mobile !== null ? 1 : 0;

  const ask = async (values: Record<string, string>) => {
    const to = (values.mobile ?? "").trim();
    await api.POST("/api/v1/recoveries", { body: { mobile: to } });
    setMobile(to);
  };
  const prove = async (values: Record<string, string>) => {
    const code = (values.code ?? "").trim();
    const told = await dataAs<{ usernames: string[] }>(api.POST("/api/v1/recoveries/redeem", { body: { mobile: mobile ?? "", code } }));
    setTyped({ username: told.usernames[0] ?? "" });
    setProved({ code, usernames: told.usernames });
  };
  const set = async (values: Record<string, string>) => {
    await api.POST("/api/v1/recoveries/redeem", { body: { mobile: mobile ?? "", code: proved?.code ?? "", username: values.username, new_password: values.new_password } });
    setDone(true);
  };
  const names = (proved?.usernames ?? []).map((name) => ({ code: name, name: plain("") }));
  return (
    <OutsideFrame title={say(a.recover)} wide>
      <StepsLine steps={[a.mobile, a.code, a.newPassword, a.stepDone]} at={at} />
      {at === 0 && (
        <>
          <p>{say(a.recoverLead)}</p>
          <PlainForm key="mobile" fields={[{ name: "mobile", label: a.mobile, kind: { is: "text", max: 11, lead: "code" }, required: true }]} columns={1} label={a.sendCode} submit={ask} focus />
        </>
      )}
      {at === 1 && (
        <>
          <p role="status">{say(a.recoverSent)}</p>
          <PlainForm key="code" fields={[{ name: "code", label: a.code, hint: a.codeHint, kind: { is: "text", max: 6, lead: "code" }, required: true }]} columns={1} label={a.confirm} submit={prove} focus />
        </>
      )}
      {at === 2 && (
        <PlainForm
          key="password"
          fields={[
            { name: "username", label: a.names, kind: { is: "code", of: { list: names } }, required: true },
            { name: "new_password", label: a.newPassword, kind: { is: "secret" }, required: true },
          ]}
          start={typed}
          onChange={setTyped}
          columns={1}
          label={a.setPassword}
          submit={set}
        >
          <PasswordRules password={typed.new_password ?? ""} username={typed.username ?? ""} />
        </PlainForm>
      )}
      {done && <Alert type="success" showIcon role="status" title={say(a.passwordSet)} />}
      <p><Link className="link" to="/">{say(a.back)}</Link></p>
    </OutsideFrame>
  );
}
