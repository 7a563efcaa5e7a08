// 签名: one act with the card: is the right card there, the PIN, the signature over the very text, sealed where the platform asks for it.
import { connected, sealed, signed, type Signature } from "../api/card.ts";
import { api, dataAs } from "../api/client.ts";
import { Refusal } from "../api/problem.ts";
import { w } from "../words/common.ts";
import { pick } from "../words/words.ts";
import type { Statement } from "./description.ts";

interface Platform {
  certificate: string | null;
}

/** Refuses a card that is not the one bound to the account, before the PIN goes anywhere (PO-094). */
export async function rightCard(bound: string | null): Promise<{ reader: string; card_no: string }> {
  const { reader, card } = await connected();
  if (bound !== null && card.card_no !== bound) {
    const values = { connected: card.card_no, bound };
    throw new Refusal(403, { code: "PO_CARD_MISMATCH", message: pick("zh", w.cardMismatch, values), message_en: pick("en", w.cardMismatch, values) });
  }
  return { reader, card_no: card.card_no };
}

export async function sign(statement: Statement, bound: string | null, pin: string): Promise<Signature> {
  const { reader } = await rightCard(bound);
  const platform = await dataAs<Platform>(api.GET("/api/v1/cards/platform"));
  const answer = await signed(reader, pin, statement.text);
  const signature: Signature = { ...answer, nonce: statement.nonce };
  if (platform.certificate) signature.sealed = await sealed(platform.certificate, statement.text);
  return signature;
}

/** What a statement says of one record, beside its nonce and time. */
export interface Said {
  kind?: string;
  number?: string;
  action?: string;
  fields?: Record<string, unknown>;
  /** The files, by what they are: name and pages stand beside them in the record. */
  attachments?: SignedFile[];
}

export interface SignedFile {
  category: string | null;
  sha256: string;
  size_bytes: number;
}

export function saidBy(statement: Statement): Said {
  try {
    return JSON.parse(statement.text) as Said;
  } catch {
    return {};
  }
}

/** Whether two statements say the same, but for nonce and time. */
export function sameWords(a: Statement, b: Statement): boolean {
  const words = (statement: Statement) => JSON.stringify({ ...(JSON.parse(statement.text) as object), nonce: null, time: null });
  return words(a) === words(b);
}

export const isStale = (statement: Statement): boolean => Date.parse(statement.expires_at) - Date.now() < 5_000;
