// 卡口: gates, lanes, passages and alerts as the centre tells them, and what a page makes of their times.
import { api, dataAs } from "../api/client.ts";
import type { Listing } from "../declaration/description.ts";
import type { Text } from "../words/words.ts";
import { y } from "./words.ts";

export interface Reason {
  code: string;
  message: string;
  message_en: string;
}

export interface Passage {
  number: number;
  yard_id: string;
  gate_id: string;
  lane_id: string;
  lane_direction: "IN" | "OUT" | null;
  visit_id: string;
  began_at: string;
  last_at: string;
  verdict: string | null;
  reason: Reason | null;
  outcome: string;
  left_port: boolean;
  mode: string | null;
  trip_no: string | null;
  version_no: number | null;
  media: { medium_type: string; medium_key: string }[];
  containers: string[];
  seals: string[];
  gross_kg: number | null;
  officer_id: string | null;
  images: string[];
  events: number;
}

export interface Lane {
  lane_id: string;
  lane_direction: "IN" | "OUT" | null;
  outermost: boolean;
  state: string | null;
  since: string | null;
  visit_id: string | null;
  verdict: string | null;
  reason: Reason | null;
  faults: string[];
  last: Passage | null;
}

/** What a gate says of itself beside its lanes; an older one says none of it. */
export interface Health {
  backlog?: number;
  clock_offset_ms?: number | null;
  journal?: string;
  journal_error?: string;
  disk_free_mb?: number | null;
  disk_total_mb?: number | null;
}

export interface Gate {
  gate_id: string;
  yard_id: string;
  agent_version: string | null;
  seen_at: string | null;
  unsent: number | null;
  yard_revision: number | null;
  live: { at: string; index_revision: number | null; index_age_s: number | null; health?: Health } | null;
  lanes: Lane[];
}

export interface Alert {
  id: number;
  at: string;
  code: string;
  gate_id: string | null;
  trip_no: string | null;
  text: string;
  /** None of what was raised before there were Chinese texts. */
  text_zh: string | null;
  acknowledged_at: string | null;
  acknowledged_by: string | null;
}

/** One reading, as events carry it. */
export interface Read {
  value: string;
  confidence: number | null;
  raw?: string;
  device?: string;
}

export interface GateEvent {
  seq: number;
  event_type: string;
  occurred_at: string;
  verdict?: string | null;
  reason_code?: string | null;
  mode?: string | null;
  trip_no?: string | null;
  officer_id?: string | null;
  outcome?: string | null;
  images?: string[];
  index_revision?: number | null;
  index_age_s?: number | null;
  reads?: Record<string, Read | Read[] | number | null>;
  detail?: Detail | null;
}

export interface Detail {
  message?: string;
  why?: string;
  /** The second person of a release, and by which code of his, if by one. */
  second?: string | null;
  code?: string;
  offered?: string[];
  findings?: { reason_code: string; what: string; expected: unknown; read: unknown }[];
  dropped?: { trip_no: string; reason_code: string }[];
}

export interface Step {
  /** When it was by the centre's clock; absent or null when nobody knows. */
  by_centre?: { at: string; way: "between" | "stated" } | null;
  received_at: string;
  readable: boolean;
  event: GateEvent;
}

export interface WholePassage extends Passage {
  steps: Step[];
  reasons: Record<string, Reason>;
  record: string | null;
}

/** That everything agrees needs no saying beside the verdict. */
export const says = (reason: Reason | null): reason is Reason => reason !== null && reason.code !== "ok";
export const reasonText = (reason: Reason): Text => [reason.message, reason.message_en];

/** What a vehicle is called: its plate, or else the medium that was read of it. */
export function vehicleOf(passage: Passage): string | null {
  const plate = passage.media.find((medium) => medium.medium_type === "VN");
  return (plate ?? passage.media[0])?.medium_key ?? passage.containers[0] ?? null;
}

/** A span of time in the largest unit that fits. */
export function span(seconds: number): [Text, { n: number }] {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return [y.seconds, { n: whole }];
  if (whole < 3600) return [y.minutes, { n: Math.floor(whole / 60) }];
  if (whole < 86_400) return [y.hours, { n: Math.floor(whole / 3600) }];
  return [y.spanDays, { n: Math.floor(whole / 86_400) }];
}

export const listPassages = (query: Record<string, string>) => dataAs<Listing>(api.GET("/api/v1/passages", { params: { query } }));
export const showPassage = (number: number) => dataAs<WholePassage>(api.GET("/api/v1/passages/{number}", { params: { path: { number } } }));
export const acknowledge = (id: number) => dataAs<Alert>(api.POST("/api/v1/alerts/{id}/acknowledge", { params: { path: { id } } }));
/** Asked when a stream is refused: the answer says why, and a lapsed session is told to the frame. */
export const askForGates = () => api.GET("/api/v1/gates");
