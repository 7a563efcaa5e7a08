// 接口: the one client of the centre; its types come from the served OpenAPI document (`schema.ts`, made by scripts/portal).
// Every answer that is no success is thrown as a `Refusal`; one that says that nobody is logged in any more is told to the session first.
import createClient, { type Middleware } from "openapi-fetch";
import type { paths } from "./schema.ts";
import { Refusal } from "./problem.ts";

type Told = (event: "lapsed" | "active") => void;
let tell: Told = () => undefined;
/** Who is told when the session has lapsed, and that it is alive. */
export const watchSession = (told: Told) => {
  tell = told;
};

/** What another provider said of somebody does not hold: that ends no session. */
const OTHER_PROVIDER = "PO-053";

/** Before anyone is known a 401 is an answer, not a lapse. */
const BEFORE_LOG_IN = /\/api\/v1\/(sessions|session|captchas)(\/|$)/;

/** A workbook that tells its own faults is what was asked for, whatever its status (PO-137). */
const WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

const refusals: Middleware = {
  async onResponse({ request, response }) {
    const open = BEFORE_LOG_IN.test(new URL(request.url).pathname);
    if (response.ok) {
      if (!open || request.method === "GET") tell("active");
      return undefined;
    }
    if (response.headers.get("content-type") === WORKBOOK) return new Response(response.body, { status: 200, headers: response.headers });
    const refusal = new Refusal(response.status, ((await response.json().catch(() => ({}))) ?? {}) as object);
    if (response.status === 401 && !open && refusal.code !== OTHER_PROVIDER) tell("lapsed");
    throw refusal;
  },
  onError: ({ error }) => Refusal.of(error),
};

export const api = createClient<paths>({ baseUrl: window.location.origin, credentials: "same-origin" });
api.use(refusals);

/** What was answered; the middleware has thrown everything else. */
export async function data<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T;
}

/** The same, as what this page knows it to be where the document leaves it open. */
export async function dataAs<T>(answer: Promise<{ data?: unknown }>): Promise<T> {
  return (await answer).data as T;
}

/** Makes a write take effect once, however often it is sent (PO-334). */
export const once = (): { "Idempotency-Key": string } => ({ "Idempotency-Key": crypto.randomUUID() });

/** A request whose body is the file itself. */
export const asFile = { bodySerializer: (body: unknown) => body as BodyInit, headers: { "content-type": "application/pdf" } };
