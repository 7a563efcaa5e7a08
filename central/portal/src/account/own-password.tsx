// 密码管理: the present password and a new one; every session of the account ends with it (PO-069).
import { App } from "antd";
import { useState } from "react";
import { api } from "../api/client.ts";
import { PlainForm } from "../form/plain-form.tsx";
import { usePerson, useSession } from "../session/session.tsx";
import { useSay } from "../words/language.tsx";
import { o } from "./own-words.ts";
import { PasswordRules } from "./password-rules.tsx";

export function OwnPassword() {
  const say = useSay();
  const person = usePerson();
  const { leave } = useSession();
  const { message } = App.useApp();
  const [typed, setTyped] = useState<Record<string, string>>({});
  return (
    <section className="section">
      <p>{say(o.passwordLead)}</p>
      <PlainForm
        fields={[
          { name: "password", label: o.present, kind: { is: "secret", known: true }, required: true },
          { name: "new_password", label: o.fresh, kind: { is: "secret" }, required: true },
        ]}
        columns={1}
        label={o.changePassword}
        onChange={setTyped}
        submit={(values) => api.PUT("/api/v1/account/password", { body: { password: values.password ?? "", new_password: values.new_password ?? "" } })}
        done={async () => {
          void message.success(say(o.passwordChanged));
          await leave();
        }}
      >
        <PasswordRules password={typed.new_password ?? ""} username={person.username} />
      </PlainForm>
    </section>
  );
}
