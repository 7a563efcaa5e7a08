// 读卡控件: the card service on the user's own machine (PO-095). The PIN goes there and nowhere else.
import { Refusal } from "./problem.ts";

export interface CardShown {
  card_no: string;
  certificate: string;
  tries_left: number;
  blocked: boolean;
}
export interface ReaderShown {
  name: string;
  card: boolean;
  insertions: number;
}
/** An envelope that only the platform opens (PO-100). */
export interface Sealed {
  alg: string;
  content: string;
  iv: string;
  key: string;
}
export interface Signature {
  alg: string;
  certificate: string;
  value: string;
  nonce: string;
  sealed?: Sealed;
}

let base = "http://127.0.0.1:18089";
export const cardServiceIsAt = (address: string) => {
  base = address;
};

async function ask<T>(path: string, body?: unknown): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(`${base}/card/v1/${path}`, body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  } catch {
    throw new Refusal(0, { code: "PO_CARD_ABSENT", message: "请正确连接电子口岸IC卡或Ikey：未找到读卡控件", message_en: "connect the IC card or Ikey: the card service does not answer" });
  }
  const said: unknown = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(answer.status, said as object);
  return said as T;
}

export const readers = async (): Promise<ReaderShown[]> => (await ask<{ items: ReaderShown[] }>("readers")).items;

const absent = () => new Refusal(403, { code: "PO_CARD_ABSENT", message: "请正确连接电子口岸IC卡或Ikey", message_en: "connect the electronic-port IC card or Ikey" });

/** The first reader with a card in it, and the card. */
export async function connected(): Promise<{ reader: string; card: CardShown; insertions: number }> {
  const found = (await readers()).find((reader) => reader.card);
  if (!found) throw absent();
  return { reader: found.name, card: await ask<CardShown>(`readers/${found.name}/card`), insertions: found.insertions };
}

/** Opens the card with the PIN and signs one text. */
export async function signed(reader: string, pin: string, text: string): Promise<Omit<Signature, "nonce" | "sealed">> {
  await ask(`readers/${reader}/pin`, { pin });
  return ask(`readers/${reader}/sign`, { text, keep_open: false });
}

/** Encrypts the text to the platform (PO-100). */
export const sealed = (certificate: string, text: string): Promise<Sealed> => ask("seal", { certificate, text });
