// 注册: who one is, the code to the mobile, and the card of the enterprise (PO-020..PO-036). What is not complete goes on after a reload.
import { Alert, Button, Checkbox } from "antd";
import { lazy, Suspense, useEffect, useState } from "react";
import { Link } from "react-router";
import { api, dataAs } from "../api/client.ts";
import { Refusal } from "../api/problem.ts";
import { PlainForm } from "../form/plain-form.tsx";
import { OutsideFrame } from "../session/outside.tsx";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";
import { CardForm } from "./card-answer.tsx";
import { PasswordRules } from "./password-rules.tsx";
import { bodyOf, fieldsOf, type Kind } from "./registration-form.ts";
import { StepsLine } from "./steps-line.tsx";
import { a } from "./words.ts";

const Agreements = lazy(() => import("../session/agreements.tsx"));

interface Registered {
  id: string;
  username: string;
  mobile: string;
  kind: Kind;
  step: "code" | "card";
}
const PLACE = "kakou.registration";
const STEPS: Record<Kind, Text[]> = {
  enterprise: [a.stepForm, a.stepCode, a.stepCard, a.stepDone],
  agency: [a.stepForm, a.stepCode, a.stepDone],
  individual: [a.stepForm, a.stepCode, a.stepDone],
};
const KINDS: [Kind, Text, Text][] = [
  ["enterprise", a.enterprise, a.enterpriseWhat],
  ["agency", a.agency, a.agencyWhat],
  ["individual", a.individual, a.individualWhat],
];

function unfinished(): Registered | null {
  try {
    const found = JSON.parse(localStorage.getItem(PLACE) ?? "null") as Registered | null;
    return found && typeof found.id === "string" && found.kind in STEPS ? found : null;
  } catch {
    return null;
  }
}

export default function Register() {
  const say = useSay();
  const [offered, setOffered] = useState(unfinished);
  const [registered, setRegistered] = useState<Registered | null>(null);
  const [ended, setEnded] = useState<{ username: string; active: boolean } | null>(null);
  const [kind, setKind] = useState<Kind>("enterprise");

  const keep = (next: Registered) => {
    setOffered(null);
    setRegistered(next);
    localStorage.setItem(PLACE, JSON.stringify(next));
  };
  const end = (username: string, active: boolean) => {
    localStorage.removeItem(PLACE);
    setEnded({ username, active });
  };
  const steps = STEPS[registered?.kind ?? kind];
  const at = ended ? steps.length - 1 : registered ? (registered.step === "code" ? 1 : 2) : 0;
  return (
    <OutsideFrame title={say(a.register)} wide>
      <StepsLine steps={steps} at={at} />
      {ended && <Alert type={ended.active ? "success" : "info"} showIcon role="status" title={say(ended.active ? a.doneActive : a.doneWaiting, { username: ended.username })} />}
      {!ended && !registered && offered && (
        <Alert
          type="info"
          showIcon
          role="status"
          title={say(a.goOn, { username: offered.username })}
          action={
            <>
              <Button size="small" type="primary" onClick={() => keep(offered)}>{say(a.goOnYes)}</Button>{" "}
              <Button size="small" onClick={() => setOffered(null)}>{say(a.goOnNo)}</Button>
            </>
          }
        />
      )}
      {!ended && !registered && !offered && (
        <>
          <fieldset>
            <legend>{say(a.kind)}</legend>
            <div className="choice">
              {KINDS.map(([name, label, what]) => (
                <label key={name}>
                  <input type="radio" name="kind" value={name} checked={kind === name} onChange={() => setKind(name)} />
                  <span>{say(label)}</span>
                  <small>{say(what)}</small>
                </label>
              ))}
            </div>
          </fieldset>
          <Details key={kind} kind={kind} registered={keep} />
        </>
      )}
      {!ended && registered?.step === "code" && (
        <CodeStep
          registered={registered}
          confirmed={(active) => {
            if (active || registered.kind !== "enterprise") end(registered.username, active);
            else keep({ ...registered, step: "card" });
          }}
        />
      )}
      {!ended && registered?.step === "card" && <CardStep registered={registered} verified={() => end(registered.username, true)} later={() => end(registered.username, false)} />}
      <p><Link className="link" to="/">{say(a.back)}</Link></p>
    </OutsideFrame>
  );
}

function Details({ kind, registered }: { kind: Kind; registered: (one: Registered) => void }) {
  const say = useSay();
  const [typed, setTyped] = useState<Record<string, string>>({});
  const [agreed, setAgreed] = useState(false);
  const [shown, setShown] = useState<"user" | "privacy" | null>(null);
  const submit = async (values: Record<string, string>) => {
    if (!agreed) throw new Refusal(422, { code: "PO_AGREEMENT_REQUIRED", message: w.agreementRequired[0], message_en: w.agreementRequired[1] });
    const { account_id: id } = await dataAs<{ account_id: string }>(api.POST("/api/v1/registrations", { body: bodyOf(kind, values, agreed) }));
    registered({ id, username: (values.username ?? "").trim(), mobile: (values.mobile ?? "").trim(), kind, step: "code" });
  };
  return (
    <PlainForm fields={fieldsOf[kind]} label={a.next} submit={submit} onChange={setTyped} focus>
      <PasswordRules password={typed.password ?? ""} username={typed.username ?? ""} />
      <p className="agree">
        <Checkbox checked={agreed} onChange={(event) => setAgreed(event.target.checked)}>{say(w.agreeBefore)}</Checkbox>
        <Button type="link" className="in-text" onClick={() => setShown("user")}>{say(w.userAgreement)}</Button>
        {say(w.and)}
        <Button type="link" className="in-text" onClick={() => setShown("privacy")}>{say(w.privacyAgreement)}</Button>
      </p>
      {shown && (
        <Suspense>
          <Agreements which={shown} close={() => setShown(null)} />
        </Suspense>
      )}
    </PlainForm>
  );
}

/** Seconds until a code may be asked for again. */
const PAUSE_S = 60;

function CodeStep({ registered, confirmed }: { registered: Registered; confirmed: (active: boolean) => void }) {
  const say = useSay();
  const [left, setLeft] = useState(PAUSE_S);
  const [resent, setResent] = useState(false);
  const [refused, setRefused] = useState<Refusal | null>(null);
  useEffect(() => {
    const timer = setInterval(() => setLeft((old) => Math.max(0, old - 1)), 1000);
    return () => clearInterval(timer);
  }, []);
  const path = { params: { path: { account_id: registered.id } } };
  const again = () => {
    setRefused(null);
    api.POST("/api/v1/registrations/{account_id}/code", path).then(
      () => {
        setLeft(PAUSE_S);
        setResent(true);
      },
      (error: unknown) => setRefused(Refusal.of(error)),
    );
  };
  const submit = async (values: Record<string, string>) => {
    const { account_status: status } = await dataAs<{ account_status: string }>(api.POST("/api/v1/registrations/{account_id}/confirm", { ...path, body: { code: (values.code ?? "").trim() } }));
    confirmed(status === "active");
  };
  return (
    <>
      <p role="status">{resent ? say(a.resent) : say(a.codeSent, { mobile: registered.mobile })}</p>
      {refused && <Alert type="error" showIcon role="alert" title={say(refused.text)} />}
      <PlainForm
        fields={[{ name: "code", label: a.code, hint: a.codeHint, kind: { is: "text", max: 6, lead: "code" }, required: true }]}
        columns={1}
        label={a.confirm}
        submit={submit}
        focus
        beside={<Button disabled={left > 0} onClick={again}>{left > 0 ? say(a.resendIn, { seconds: left }) : say(a.resend)}</Button>}
      />
    </>
  );
}

function CardStep({ registered, verified, later }: { registered: Registered; verified: () => void; later: () => void }) {
  const say = useSay();
  const path = { params: { path: { account_id: registered.id } } };
  return (
    <>
      <p>{say(a.cardLead)}</p>
      <CardForm
        label={a.verify}
        challenge={() => dataAs(api.POST("/api/v1/registrations/{account_id}/card/challenges", path))}
        submit={async (answer) => {
          await api.POST("/api/v1/registrations/{account_id}/card", { ...path, body: answer });
          verified();
        }}
      />
      <Button onClick={later}>{say(a.later)}</Button>
    </>
  );
}
