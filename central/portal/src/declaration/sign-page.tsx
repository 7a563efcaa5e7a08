// 核对并签名: exactly what will be signed, changes first, then card and PIN; the only way to submit (PO-093, PO-098, PO-108, PO-244, PO-249).
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Checkbox, Result } from "antd";
import { useId, useState } from "react";
import { useParams } from "react-router";
import { PageTitle } from "../frame/page-title.tsx";
import { Refusal } from "../api/problem.ts";
import { useTab, useTabs } from "../frame/tabs.tsx";
import { usePerson } from "../session/session.tsx";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import { ChangesTable, ContentView, FieldList, type Change } from "./content-view.tsx";
import type { Manual, Submission } from "./description.ts";
import { PinForm } from "./pin-form.tsx";
import { SignedFiles } from "./signed-files.tsx";
import { isStale, saidBy, sameWords, sign } from "./signing.ts";
import { Failed, Waiting } from "./states.tsx";
import { warningsOf } from "./warnings.ts";

export function SignPage({ manual }: { manual: Manual }) {
  const say = useSay();
  const { number = "", action = "" } = useParams();
  const tab = useTab();
  const tabs = useTabs();
  const [words, setWords] = useState<string | null>(null);
  const submission = manual.submissions.find((one) => one.action === action);
  if (!submission) return <Result status="404" title={say(w.notFound)} />;
  const back = () => tabs.move(tab.key, `/${manual.slug}/${number}`);
  if (submission.words && words === null) return <WordsFirst submission={submission} number={number} back={back} settle={setWords} />;
  return <Signing key={words} manual={manual} submission={submission} number={number} words={words === "" ? null : words} back={back} />;
}

/** What the person says is part of what is signed: it is asked for first. */
function WordsFirst({ submission, number, back, settle }: { submission: Submission; number: string; back: () => void; settle: (words: string) => void }) {
  const say = useSay();
  const id = useId();
  const [typed, setTyped] = useState("");
  const { words } = submission;
  const text = typed.trim();
  return (
    <form
      className="sign"
      onSubmit={(event) => {
        event.preventDefault();
        settle(text);
      }}
    >
      <PageTitle>{`${say(submission.label)} ${number}`}</PageTitle>
      <div className="actions">
        <h2>{say(submission.label)}</h2>
        <span className="grow" />
        <span className="digits number">{number}</span>
        <Button onClick={back}>{say(w.back)}</Button>
      </div>
      <p>{say(submission.ask)}</p>
      {submission.caution && <Alert type="warning" showIcon title={say(submission.caution)} />}
      <div className="field" data-ground={words?.required ? "yellow" : "white"}>
        <label htmlFor={id}>{words && say(words.label)}</label>
        <textarea id={id} className="box" rows={3} maxLength={words?.max} aria-required={words?.required} autoFocus value={typed} onChange={(event) => setTyped(event.target.value)} />
      </div>
      <div className="actions"><Button type="primary" htmlType="submit" disabled={words?.required === true && text === ""}>{say(w.signTitle)}</Button></div>
    </form>
  );
}

interface SigningProps {
  manual: Manual;
  submission: Submission;
  number: string;
  words: string | null;
  back: () => void;
}

function Signing({ manual, submission, number, words, back }: SigningProps) {
  const say = useSay();
  const { action } = submission;
  const person = usePerson();
  const queries = useQueryClient();
  const { message } = App.useApp();
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<Refusal | null>(null);
  const [confirmed, setConfirmed] = useState(false);
  const [changed, setChanged] = useState(false);
  const opened = useQuery({
    // Not below the manual's own key: what was signed is not asked for again when the lists are.
    queryKey: ["statement", manual.slug, number, action, words],
    queryFn: async () => {
      const record = await manual.calls.show(number);
      return { record, statement: await submission.statement(number, record.version, words) };
    },
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
  });
  if (opened.isPending) return <Waiting again={() => void opened.refetch()} />;
  if (opened.isError) {
    const refusal = Refusal.of(opened.error);
    return (
      <div className="sign">
        <Failed error={refusal} again={() => void opened.refetch()} />
        {refusal.fields.length > 0 && <Alert type="error" title={<ul>{refusal.fields.map((fault) => <li key={fault.path}>{say([fault.message, fault.message_en])}</li>)}</ul>} />}
        <Button onClick={back}>{say(w.back)}</Button>
      </div>
    );
  }
  const { record, statement } = opened.data;
  const said = saidBy(statement);
  const changes = Array.isArray(record.changes) ? (record.changes as Change[]) : [];
  const warnings = warningsOf(number);

  const act = async (pin: string) => {
    setBusy(true);
    setRefused(null);
    try {
      let now = statement;
      if (isStale(statement)) {
        // What the person has checked is what is signed: a new nonce is fine, another content is not.
        const again = (await opened.refetch()).data;
        if (!again) throw new Refusal(0, {});
        now = again.statement;
        if (!sameWords(statement, now)) {
          setChanged(true);
          return;
        }
      }
      const signature = await sign(now, person.card_no, pin);
      await submission.submit(number, { version: record.version, confirm_warnings: warnings.map((warning) => warning.rule), signature, words });
      void message.success(say(submission.done ?? w.submitted));
      await queries.invalidateQueries({ queryKey: [manual.slug] });
      back();
    } catch (error) {
      const refusal = Refusal.of(error);
      setRefused(refusal);
      if (refusal.status === 409) void opened.refetch();
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="sign">
      <PageTitle>{`${say(w.signTitle)} ${number}`}</PageTitle>
      <div className="actions">
        <h2>{`${say(w.signTitle)} · ${say(submission.label)}`}</h2>
        <span className="grow" />
        <span className="digits number">{number}</span>
        <Button onClick={back}>{say(w.back)}</Button>
      </div>
      <p>{say(w.signLead)}</p>
      {changed && <Alert type="warning" showIcon role="alert" title={say(w.changedMeanwhile)} />}
      {changes.length > 0 && (
        <section className="section">
          <h2>{say(w.changes)}</h2>
          <ChangesTable manual={manual} changes={changes} />
        </section>
      )}
      {submission.caution && !submission.words && <Alert type="warning" showIcon title={say(submission.caution)} />}
      {submission.signs ? (
        <section className="section"><FieldList fields={submission.signs} content={said.fields ?? {}} /></section>
      ) : (
        <ContentView manual={manual} content={said.fields ?? {}} enteredOnly marked={new Set(changes.map((change) => change.path))} />
      )}
      <SignedFiles manual={manual} record={record} signed={said.attachments ?? []} />
      <details>
        <summary>{say(w.signed)}</summary>
        <pre className="signed-text">{statement.text}</pre>
      </details>
      {warnings.length > 0 && (
        <Alert type="warning" showIcon title={say(w.warnings)} description={
          <>
            <ul>{warnings.map((one) => <li key={one.rule + one.path}>{say([one.message, one.message_en])}</li>)}</ul>
            <Checkbox checked={confirmed} onChange={(event) => setConfirmed(event.target.checked)}>{say(w.warningsConfirm)}</Checkbox>
          </>
        } />
      )}
      <p className="sign-ask"><strong>{say(submission.ask)}</strong></p>
      <PinForm label={say(w.signNow)} busy={busy} disabled={warnings.length > 0 && !confirmed} refused={refused} onSign={(pin) => void act(pin)} />
    </div>
  );
}
