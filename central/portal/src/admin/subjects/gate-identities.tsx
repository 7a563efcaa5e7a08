// 卡口证书: by what each gate is known, for how long, and what waits for a person: codes for new gates, late renewals, revocations (decisions 0080, 0081).
// Promises: a code is shown once, with the line that is typed at the gate; a late renewal is decided with its facts in sight, and for the very key
// that was in sight.
import { Alert } from "antd";
import type { ReactNode } from "react";
import { instant } from "../../declaration/show.ts";
import type { PlainField } from "../../form/plain-form.tsx";
import { PlainTable } from "../../form/plain-table.tsx";
import { ToCopy } from "../../form/to-copy.tsx";
import { useSay } from "../../words/language.tsx";
import type { Text } from "../../words/words.ts";
import { Mark, useSpan } from "../../yard/marks.tsx";
import { listOf, reasonField, yardCodes } from "../fields.ts";
import { approve, certificateStates, commandOf, listGates, makeCode, refuse, renewalStates, revoke, wordOf } from "../gate-identity.ts";
import type { Certificate, Gate, GatePage, MadeCode } from "../gate-identity.ts";
import { SubjectPage } from "../subject-page.tsx";
import type { Act, Page, Row, Subject } from "../subject.ts";
import { m } from "../words.ts";

const of = (row: Row) => row as Gate;
const waits = (row: Row) => of(row).renewal?.state === "waiting";
/** What is looked for. */
const states = { waiting: m.renewalWaits, valid: m.certValid, ending: m.certEnding, expired: m.certExpired, revoked: m.certRevoked, none: m.certNone };

/** The gate's own number once more: a gate beside it has one that looks the same, and what is revoked needs somebody to go there. */
const again = (gate: string): PlainField => ({
  name: "gate_id",
  label: m.gateAgain,
  kind: { is: "text", max: 32 },
  required: true,
  judge: (typed) => (typed.trim() === gate ? null : m.gateDiffers),
});

const acts: Act[] = [
  {
    name: "code",
    label: m.makeCode,
    onList: true,
    lead: m.makeCodeLead,
    fields: async () => [
      { name: "gate_id", label: m.gate, hint: m.gateHint, kind: { is: "text", max: 32 }, required: true },
      { name: "yard_id", label: m.yard, kind: { is: "code", of: await yardCodes() }, required: true },
    ],
    start: (_row, asked) => ({ yard_id: asked.yard ?? "" }),
    run: (values) => makeCode((values.gate_id ?? "").trim(), values.yard_id ?? ""),
    Answer: Code,
  },
  { name: "approve", label: m.approveRenewal, lead: Asks, shows: waits, run: (_values, row) => approve(of(row).gate_id, of(row).renewal?.key_hash ?? "") },
  { name: "refuse", label: m.refuseRenewal, lead: Refused, danger: true, shows: waits, run: (_values, row) => refuse(of(row).gate_id, of(row).renewal?.key_hash ?? "") },
  {
    name: "code-again",
    label: m.makeCode,
    lead: m.makeCodeLead,
    shows: (row) => of(row).certified && of(row).yard_id !== "",
    run: (_values, row) => makeCode(of(row).gate_id, of(row).yard_id),
    Answer: Code,
  },
  {
    name: "revoke",
    label: m.revokeGate,
    lead: m.revokeGateLead,
    danger: true,
    shows: (row) => of(row).certified,
    fields: (row) => [again(of(row).gate_id), reasonField],
    run: (values, row) => revoke(of(row).gate_id, values.reason ?? ""),
  },
];

const gates: Subject = {
  slug: "gate-identities",
  title: m.gateIdentities,
  lead: m.gateIdentitiesLead,
  id: (row) => of(row).gate_id,
  conditions: async () => [
    { name: "gate", label: m.gate, is: "text", max: 32 },
    { name: "yard", label: m.yard, is: "code", of: await yardCodes() },
    { name: "state", label: m.state, is: "code", of: listOf(states) },
  ],
  columns: [
    { name: "gate_id", label: m.gate, as: (row) => <span className="whole">{of(row).gate_id}<br /><small>{of(row).yard_id}</small></span> },
    { name: "state", label: m.certificate, as: (row) => <Mark of={certificateStates} code={of(row).state} /> },
    { name: "renewal", label: m.lateRenewal, as: (row) => <Decision gate={of(row)} /> },
    { name: "left_s", label: m.left, numeric: true, as: (row) => <Left gate={of(row)} /> },
    { name: "period", label: m.validPeriod, as: (row) => <Period of={of(row).certificate} /> },
    { name: "serial", label: m.serial, as: (row) => <span className="serial">{of(row).certificate?.serial}</span> },
    { name: "seen_at", label: m.seenAt, as: "instant" },
  ],
  list: listGates,
  acts,
  detail: { label: m.show, Body: Detail },
  Foot: Authorities,
};

function Decision({ gate: { renewal } }: { gate: Gate }) {
  return renewal && (
    <>
      <Mark of={renewalStates} code={renewal.state} />
      <br />
      <small className="whole">{instant(renewal.asked_at)}</small>
    </>
  );
}

function Left({ gate: { left_s: left } }: { gate: Gate }) {
  const say = useSay();
  const spanOf = useSpan();
  if (left === null) return null;
  return <span className="whole">{left < 0 ? say(m.overSince, { span: spanOf(-left) }) : spanOf(left)}</span>;
}

const Period = ({ of: one }: { of: Pick<Certificate, "not_before" | "not_after"> | null }) => one && <span className="whole">{instant(one.not_before)}<br />{instant(one.not_after)}</span>;

/** What is known of it. */
function Facts({ facts }: { facts: [Text, ReactNode][] }) {
  const say = useSay();
  return (
    <dl className="facts">
      {facts.filter(([, value]) => Boolean(value)).map(([label, value]) => (
        <div key={label[1]}>
          <dt>{say(label)}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What a gate asks whose certificate is over, for who decides. */
function Renewal({ row }: { row: Row }) {
  const { certificates, renewal, seen_at: seen, yard_id: yard } = of(row);
  const over = certificates.find((one) => one.fingerprint === renewal?.certificate);
  return renewal && (
    <Facts
      facts={[
        [m.yard, yard],
        [m.overSerial, over?.serial],
        [m.overAt, instant(over?.not_after)],
        [m.seenAt, instant(seen)],
        [m.askedAt, instant(renewal.asked_at)],
        [m.askedKey, <span className="serial" key="key">{renewal.key_hash}</span>],
        [m.decidedBy, renewal.decided_by],
      ]}
    />
  );
}

function Asks({ row }: { row: Row }) {
  const say = useSay();
  return <><p>{say(m.approveRenewalLead)}</p><Renewal row={row} /></>;
}

function Refused({ row }: { row: Row }) {
  const say = useSay();
  return <><p>{say(m.refuseRenewalLead)}</p><Renewal row={row} /></>;
}

/** A code, this once: what it is for, how long, whom the gate will believe, and what is typed there. */
function Code({ answer }: { answer: unknown }) {
  const say = useSay();
  const spanOf = useSpan();
  const made = answer as MadeCode;
  // To the minute: a moment has passed since it was made, and a day is still called a day.
  const left = Math.ceil((Date.parse(made.expires_at) - Date.now()) / 60_000) * 60;
  return (
    <div className="made-code">
      <Alert type="warning" showIcon title={say(m.codeOnce)} />
      <Facts
        facts={[
          [m.gate, made.gate_id],
          [m.yard, made.yard_id],
          [m.codeUntil, say(m.codeFor, { at: instant(made.expires_at), span: spanOf(left) })],
          [m.enrolmentCode, <ToCopy key="code" what={m.enrolmentCode} text={made.code} />],
          [m.authorityPrint, <span className="serial" key="authority">{made.authority}</span>],
        ]}
      />
      <h3>{say(m.atTheGate)}</h3>
      <ToCopy what={m.enrolCommand} text={commandOf(made)} />
      <p className="soft">{say(m.atTheGateLead)}</p>
    </div>
  );
}

function Word({ text }: { text: string | null }) {
  const say = useSay();
  if (!text) return null;
  const { text: word, values } = wordOf(text);
  return say(word, values);
}

/** All that the gate has had. */
function Detail({ row }: { row: Row }) {
  const say = useSay();
  const { certificates, renewal } = of(row);
  return (
    <>
      {renewal && (
        <>
          <h3>{say(m.lateRenewal)} <Mark of={renewalStates} code={renewal.state} /></h3>
          <Renewal row={row} />
        </>
      )}
      <h3>{say(m.certificates)}</h3>
      <PlainTable
        label={m.certificates}
        rows={certificates}
        rowKey={(one) => one.fingerprint}
        columns={[
          { name: "state", label: m.state, show: (one) => <Mark of={certificateStates} code={one.state} /> },
          { name: "serial", label: m.serial, show: (one) => <span className="serial">{one.serial}</span> },
          { name: "period", label: m.validPeriod, show: (one) => <Period of={one} /> },
          { name: "issued_by", label: m.issuedBy, show: (one) => <Word text={one.issued_by} /> },
          { name: "first_used_at", label: m.firstUsed, show: (one) => instant(one.first_used_at) },
          { name: "ended", label: m.endedAs, show: (one) => <Ended certificate={one} /> },
          { name: "fingerprint", label: m.fingerprint, show: (one) => <span className="serial">{one.fingerprint}</span> },
        ]}
      />
    </>
  );
}

function Ended({ certificate: { revoked_at: at, revoked_by: by, revoked_reason: reason, superseded_at: replaced } }: { certificate: Certificate }) {
  const say = useSay();
  if (!at) return replaced && <>{instant(replaced)}<br />{say(m.certReplaced)}</>;
  return <>{instant(at)}<br /><Word text={by} /> <Word text={reason} /></>;
}

/** 颁发机构, oldest first: all gates know the oldest one, the newest certifies. */
function Authorities({ page }: { page: Page }) {
  const say = useSay();
  const { authorities } = page as GatePage;
  if (authorities.length === 0) return null;
  return (
    <section>
      <h3>{say(m.authorities)}</h3>
      <PlainTable
        label={m.authorities}
        rows={authorities}
        rowKey={(one) => one.fingerprint}
        columns={[
          { name: "fingerprint", label: m.fingerprint, show: (one) => <span className="serial">{one.fingerprint}</span> },
          { name: "period", label: m.validPeriod, show: (one) => <Period of={one} /> },
        ]}
      />
      {authorities.length > 1 && <p className="soft">{say(m.severalAuthorities)}</p>}
    </section>
  );
}

export default function GateIdentities() {
  return <SubjectPage subject={gates} />;
}
