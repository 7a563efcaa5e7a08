// The line to the agent: questions, acts, and the live state, which comes back by itself when it breaks.

/** Longer than the agent is ever silent while the line lives. */
const SILENCE_MS = 12_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;
/** Beyond the agent's own patience with an act. */
const ACT_SLACK_MS = 25_000;

/** What the agent turned away, or that there was no answer (`status` 0). */
export class Refused extends Error {
  constructor(status, problem = {}) {
    super(problem.code ?? `status ${status}`);
    this.status = status;
    this.code = problem.code ?? "failed";
    this.words = problem.message ? { zh: problem.message, en: problem.message_en } : undefined;
    this.fields = problem.fields ?? [];
  }
}

async function call(path, options, patience) {
  let answer;
  try {
    answer = await fetch(path, { ...options, signal: AbortSignal.timeout(patience), cache: "no-store" });
  } catch {
    throw new Refused(0);
  }
  const body = await answer.json().catch(() => ({}));
  if (answer.status === 401) window.dispatchEvent(new Event("kakou-login"));
  if (!answer.ok) throw new Refused(answer.status, body);
  return body;
}

export const ask = (path) => call(path, {}, 20_000);

export function send(path, body, valid = 0) {
  const headers = { "Content-Type": "application/json" };
  return call(path, { method: "POST", headers, body: JSON.stringify(body) }, valid * 1000 + ACT_SLACK_MS);
}

/** Follows the state until `stop` is called; `onLine` hears whether the line lives. */
export function follow(onState, onLine) {
  let source, watchdog, pause = FIRST_PAUSE_MS, again, stopped = false;

  const alive = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(broken, SILENCE_MS);
  };
  const broken = () => {
    if (stopped) return;
    clearTimeout(watchdog);
    clearTimeout(again);
    source?.close();
    onLine(false);
    // Many pages must not come back in the same moment.
    again = setTimeout(open, pause * (0.5 + Math.random()));
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  };
  const open = () => {
    source = new EventSource("/api/live");
    source.addEventListener("state", (event) => {
      pause = FIRST_PAUSE_MS;
      alive();
      onLine(true);
      onState(JSON.parse(event.data));
    });
    source.addEventListener("beat", alive);
    source.addEventListener("error", broken);
    alive();
  };
  open();
  return () => {
    stopped = true;
    clearTimeout(watchdog);
    clearTimeout(again);
    source?.close();
  };
}
