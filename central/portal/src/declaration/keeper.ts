// 留存: sends what is typed to the centre, one copy after the other.
// Promises: a copy never overtakes a newer one, nor arrives after the record that was saved from it; what could not be sent is sent again by itself,
// without another key being touched; a page that goes away sends what still waits.
import { api } from "../api/client.ts";
import { Refusal } from "../api/problem.ts";

const AFTER_MS = 1000;
const AGAIN_MS = 2000;
/** Browsers let a page that goes away send no more than 64 KiB. */
const LAST_WORDS = 60_000;

export type Keeping = { state: "nothing" } | { state: "waiting" } | { state: "kept"; at: number } | { state: "failed" };

export class Keeper {
  private latest: unknown = null;
  private sent: unknown = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private queue: Promise<void> = Promise.resolve();
  /** The session has lapsed, or the record is being saved: nothing goes out. */
  private isShut = false;
  private isPaused = false;
  private hasFailed = false;
  /** Goes along with what is typed: which version of the record it was typed over. */
  private over: object = {};

  constructor(
    private readonly manual: string,
    private readonly key: string,
    private readonly tell: (keeping: Keeping) => void,
  ) {}

  /** What is on the screen now. */
  hear(content: unknown) {
    this.latest = content;
    if (content === this.sent) return;
    if (!this.hasFailed) this.tell({ state: "waiting" });
    this.later(AFTER_MS);
  }

  setOver(over: object) {
    this.over = over;
  }

  /** On leaving a field: at once, when something waits. */
  leave(isLast = false): Promise<void> {
    return this.timer ? this.keep(isLast) : this.queue;
  }

  /** While nobody is logged in what is typed waits; afterwards it goes at once. */
  setOpen(isOpen: boolean) {
    this.isShut = !isOpen;
    if (isOpen && this.waits()) void this.keep();
  }

  /** Before the record is saved: nothing is underway any more, and nothing sets out. */
  async pause(): Promise<void> {
    this.isPaused = true;
    this.forgetTimer();
    await this.queue;
  }

  /** The record was not saved. */
  resume() {
    this.isPaused = false;
    if (this.waits()) this.later(AFTER_MS);
  }

  /** This much is in the record now; what was typed since goes on as a copy. */
  settle(saved: unknown) {
    this.isPaused = false;
    this.sent = saved;
    this.forgetTimer();
    if (this.waits()) this.later(AFTER_MS);
    else this.tell({ state: "nothing" });
  }

  private waits = () => this.latest !== null && this.latest !== this.sent;

  private forgetTimer() {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  private later(ms: number) {
    this.forgetTimer();
    this.timer = setTimeout(() => void this.keep(), ms);
  }

  private failed() {
    this.hasFailed = true;
    this.tell({ state: "failed" });
  }

  private keep(isLast = false): Promise<void> {
    this.forgetTimer();
    this.queue = this.queue.then(async () => {
      const now = this.latest;
      if (now === this.sent || this.isPaused) return;
      if (this.isShut) return this.failed();
      const body = { ...(now as object), ...this.over };
      const keepalive = isLast && JSON.stringify(body).length < LAST_WORDS;
      try {
        await api.PUT("/api/v1/working-copies/{manual}/{key}", { params: { path: { manual: this.manual, key: this.key } }, body: body as never, keepalive });
        this.sent = now;
        this.hasFailed = false;
        this.tell(now === this.latest ? { state: "kept", at: Date.now() } : { state: "waiting" });
      } catch (error) {
        this.failed();
        // What the centre refuses it would refuse again; the page itself still has everything.
        const { status } = Refusal.of(error);
        if ((status === 0 || status === 429 || status >= 500) && !this.timer) this.later(AGAIN_MS);
      }
    });
    return this.queue;
  }
}
