// 首次绑卡: an officer, who logs in by card only, gets the first card bound by a code to the registered mobile and the card's PIN (PO-068, PO-407).
import { Alert } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { api, dataAs } from "../api/client.ts";
import { PlainForm } from "../form/plain-form.tsx";
import { OutsideFrame } from "../session/outside.tsx";
import { useSay } from "../words/language.tsx";
import { CardForm } from "./card-answer.tsx";
import { StepsLine } from "./steps-line.tsx";
import { a } from "./words.ts";

export default function FirstCard() {
  const say = useSay();
  const [username, setUsername] = useState<string | null>(null);
  const [code, setCode] = useState<string | null>(null);
  const [bound, setBound] = useState<string | null>(null);
  const at = bound ? 3 : code !== null ? 2 : username !== null ? 1 : 0;

  const ask = async (values: Record<string, string>) => {
    const name = (values.username ?? "").trim();
    await api.POST("/api/v1/first-cards", { body: { username: name } });
    setUsername(name);
  };
  // The code is proved together with the card: whoever has no card learns nothing from a code.
  const take = (values: Record<string, string>) => Promise.resolve(setCode((values.code ?? "").trim()));
  return (
    <OutsideFrame title={say(a.bindCard)} wide>
      <StepsLine steps={[a.username, a.code, a.bindCard, a.stepDone]} at={at} />
      {at === 0 && (
        <>
          <p>{say(a.firstLead)}</p>
          <PlainForm key="name" fields={[{ name: "username", label: a.username, kind: { is: "text", max: 32 }, required: true }]} columns={1} label={a.sendCode} submit={ask} focus />
        </>
      )}
      {at === 1 && (
        <>
          <p role="status">{say(a.firstSent)}</p>
          <PlainForm key="code" fields={[{ name: "code", label: a.code, hint: a.codeHint, kind: { is: "text", max: 6, lead: "code" }, required: true }]} columns={1} label={a.next} submit={take} focus />
        </>
      )}
      {at === 2 && (
        <>
          <CardForm
            label={a.bindCard}
            challenge={() => dataAs(api.POST("/api/v1/first-cards/challenges"))}
            submit={async (answer) => {
              const done = await dataAs<{ card_no: string }>(api.POST("/api/v1/first-cards/redeem", { body: { username: username ?? "", code: code ?? "", answer } }));
              setBound(done.card_no);
            }}
          />
          <p><button type="button" className="link" onClick={() => setCode(null)}>{say(a.otherCode)}</button></p>
        </>
      )}
      {bound && <Alert type="success" showIcon role="status" title={say(a.firstDone, { card: bound })} />}
      <p><Link className="link" to="/">{say(a.back)}</Link></p>
    </OutsideFrame>
  );
}
