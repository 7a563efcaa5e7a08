// 界面设置留存: brings changes of the settings to the centre.
// Promises: a change is sent half a second later, and at once when the page is hidden or its person logs out, in a request that outlives the page; one
// that could not be sent waits for the next chance. What is changed before the log-in is sent after it.
import { api } from "../api/client.ts";

const AFTER_MS = 500;

/** As the API names them. */
export interface KeptSettings {
  language?: "zh" | "en";
  dark?: boolean;
  density?: "small" | "middle" | "large";
  menu_folded?: boolean;
  page_size?: number;
  lists?: Record<string, { hidden: string[]; widths: Record<string, number> }>;
}

let waiting: KeptSettings = {};
let underWay: Promise<void> = Promise.resolve();
let someoneIsIn = false;
let timer: ReturnType<typeof setTimeout> | undefined;

/** The newer in the place of the older. */
export function both(older: KeptSettings, newer: KeptSettings): KeptSettings {
  const lists = { ...older.lists, ...newer.lists };
  return { ...older, ...newer, ...(Object.keys(lists).length > 0 && { lists }) };
}

/** Notes a change, to be sent soon. */
export function changed(change: KeptSettings) {
  waiting = both(waiting, change);
  clearTimeout(timer);
  timer = setTimeout(() => void sendSettings(), AFTER_MS);
}

/** What the centre does not know yet. */
export const unsent = () => waiting;

/** Sends what waits, and waits for what is under way. */
export function sendSettings(): Promise<void> {
  clearTimeout(timer);
  if (someoneIsIn && Object.keys(waiting).length > 0) underWay = Promise.all([underWay, send()]).then(() => undefined);
  return underWay;
}

async function send() {
  const sent = waiting;
  waiting = {};
  try {
    await api.PATCH("/api/v1/account/settings", { body: sent, keepalive: true });
  } catch {
    waiting = both(sent, waiting);
  }
}

export function someoneCame() {
  someoneIsIn = true;
}

/** The session is over; with `forGood` what is unsent is not the next one's either. */
export function someoneLeft(forGood: boolean) {
  someoneIsIn = false;
  if (forGood) waiting = {};
}
