// 卡口身份: what the centre knows of each gate's certificates, put together with the gates that it knows without one: those that were heard, and those
// for which lanes are planned. A gate is listed before it is enrolled, since that is when it needs a code.
import { api, dataAs } from "../api/client.ts";
import { Refusal } from "../api/problem.ts";
import type { Text } from "../words/words.ts";
import { everyYard } from "./fields.ts";
import { cut, str, type Asked, type Page, type Row } from "./subject.ts";
import { m } from "./words.ts";

export interface Certificate {
  fingerprint: string;
  serial: string;
  state: string;
  not_before: string;
  not_after: string;
  issued_by: string;
  first_used_at: string | null;
  superseded_at: string | null;
  revoked_at: string | null;
  revoked_by: string | null;
  revoked_reason: string | null;
}
/** 过期更新: what a gate asks whose certificate is over, and what was decided. */
export interface Renewal {
  gate_id: string;
  certificate: string;
  key_hash: string;
  asked_at: string;
  state: "waiting" | "approved" | "refused";
  decided_by: string | null;
}
export interface Authority {
  fingerprint: string;
  not_before: string;
  not_after: string;
}
/** 注册码, as it is told once. */
export interface MadeCode {
  gate_id: string;
  yard_id: string;
  code: string;
  authority: string;
  expires_at: string;
}
export interface Gate extends Row {
  gate_id: string;
  yard_id: string;
  state: string;
  seen_at: string | null;
  /** Newest first. */
  certificates: Certificate[];
  /** The one that the state is told of. */
  certificate: Certificate | null;
  /** Seconds until it ends; below zero since it has ended. */
  left_s: number | null;
  renewal: Renewal | null;
  /** Whether this centre certifies gates at all. */
  certified: boolean;
}
export interface GatePage extends Page {
  authorities: Authority[];
}
interface Told {
  items: { gate_id: string; yard_id: string; certificates: Certificate[] }[];
  renewals: Renewal[];
  authorities: Authority[];
}

type Named = Record<string, { label: Text; tone: "draft" | "waiting" | "good" | "bad" | "held" | "over" }>;
export const certificateStates = {
  valid: { label: m.certValid, tone: "good" },
  ending: { label: m.certEnding, tone: "held" },
  expired: { label: m.certExpired, tone: "bad" },
  dated_ahead: { label: m.certAhead, tone: "held" },
  revoked: { label: m.certRevoked, tone: "bad" },
  superseded: { label: m.certReplaced, tone: "over" },
  none: { label: m.certNone, tone: "over" },
} satisfies Named;
export const renewalStates = {
  waiting: { label: m.renewalWaits, tone: "held" },
  approved: { label: m.renewalApproved, tone: "waiting" },
  refused: { label: m.renewalRefused, tone: "bad" },
} satisfies Named;

/** A gate renews when a third of the life is left; one that has not when a quarter is left has been away since, or cannot. */
const LATE = 1 / 4;

function stateOf(certificate: Certificate | null, now: number): string {
  if (!certificate) return "none";
  const [from, until] = [Date.parse(certificate.not_before), Date.parse(certificate.not_after)];
  return certificate.state === "valid" && until - now < (until - from) * LATE ? "ending" : certificate.state;
}

const isDated = (state: string) => state === "valid" || state === "ending" || state === "dated_ahead" || state === "expired";

/** What waits for a person comes first, then what will; the others stand by their names. */
const rank = (gate: Gate) => (gate.renewal?.state === "waiting" ? 0 : gate.state === "ending" ? 1 : 2);

async function gates(): Promise<{ gates: Gate[]; authorities: Authority[] }> {
  const [told, heard, yards] = await Promise.all([
    dataAs<Told>(api.GET("/api/v1/admin/gate-identities")),
    dataAs<{ items: Row[] }>(api.GET("/api/v1/gates")),
    everyYard(),
  ]);
  const now = Date.now();
  const planned = yards.items.flatMap((yard) => (yard.lanes as Row[]).map((lane): [string, string] => [str(lane.gate_id), str(yard.yard_id)]));
  // The certificates' own word on a gate's yard goes before what is planned.
  const yardOf = new Map([...planned, ...heard.items.map((gate): [string, string] => [str(gate.gate_id), str(gate.yard_id)]), ...told.items.map((gate): [string, string] => [gate.gate_id, gate.yard_id])]);
  for (const { gate_id: gate } of told.renewals) if (!yardOf.has(gate)) yardOf.set(gate, "");
  const listed = [...yardOf].map(([gate, yard]): Gate => {
    const certificates = told.items.find((one) => one.gate_id === gate)?.certificates ?? [];
    const certificate = certificates.find((one) => one.state === "valid" || one.state === "dated_ahead") ?? certificates[0] ?? null;
    const state = stateOf(certificate, now);
    return {
      gate_id: gate,
      yard_id: yard,
      state,
      seen_at: (heard.items.find((one) => one.gate_id === gate)?.seen_at as string | undefined) ?? null,
      certificates,
      certificate,
      left_s: certificate && isDated(state) ? (Date.parse(certificate.not_after) - now) / 1000 : null,
      renewal: told.renewals.find((one) => one.gate_id === gate) ?? null,
      certified: told.authorities.length > 0,
    };
  });
  return { gates: listed.sort((one, other) => rank(one) - rank(other) || one.gate_id.localeCompare(other.gate_id)), authorities: told.authorities };
}

/** The list of gates, by the conditions of its page. */
export async function listGates(asked: Asked): Promise<GatePage> {
  const { gates: all, authorities } = await gates();
  const { gate, yard, state } = asked;
  const wanted = all.filter((one) => (!gate || one.gate_id.toLowerCase().includes(gate.toLowerCase())) && (!yard || one.yard_id === yard) && (!state || one.state === state || one.renewal?.state === state));
  return { ...cut(wanted, asked), authorities, closed: authorities.length === 0 ? m.gateLineOff : undefined };
}

const at = (gate: string) => ({ params: { path: { gate_id: gate } } });

export const makeCode = (gate: string, yard: string) => dataAs<MadeCode>(api.POST("/api/v1/admin/gates/{gate_id}/enrolment-codes", { ...at(gate), body: { yard_id: yard } }));
/** Ends all that the gate has. Codes are not listed, so only the centre knows whether there is anything to end. */
export async function revoke(gate: string, reason: string) {
  try {
    return await api.POST("/api/v1/admin/gates/{gate_id}/revocation", { ...at(gate), body: { reason } });
  } catch (error) {
    if (Refusal.of(error).status !== 404) throw error;
    throw new Refusal(404, { code: "PO_NOT_FOUND", message: "该卡口没有可吊销的证书或注册码", message_en: "this gate has neither certificates nor codes that could be revoked" });
  }
}
// The key that was listed goes back with the decision: what is approved is what was looked at.
export const approve = (gate: string, key: string) => api.POST("/api/v1/admin/gates/{gate_id}/renewal/approve", { ...at(gate), body: { key_hash: key } });
export const refuse = (gate: string, key: string) => api.POST("/api/v1/admin/gates/{gate_id}/renewal/refuse", { ...at(gate), body: { key_hash: key } });

/** What a gate's technician types; the agent asks for nothing else. */
export const commandOf = (made: MadeCode): string => `gate-agent enrol --code ${made.code}`;

const BY_CODE = /^enrolment code (\w+)$/;
const BY_PERSON = /^late renewal, approved by (.*)$/;
/** On whose word a certificate was made or ended: the centre's own words of it. */
export function wordOf(text: string): { text: Text; values: Record<string, string> } {
  const code = BY_CODE.exec(text)?.[1];
  if (code) return { text: m.byCode, values: { code } };
  const person = BY_PERSON.exec(text)?.[1];
  if (person) return { text: m.byApproval, values: { person } };
  const known: Record<string, Text> = { renewal: m.byRenewal, centre: m.byCentre, "enrolled again": m.becauseEnrolled, "replaced before its first use": m.becauseUnused };
  return { text: known[text] ?? [text, text], values: {} };
}
