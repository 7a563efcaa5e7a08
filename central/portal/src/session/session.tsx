// 会话: who is logged in, until when, and what becomes of a page when that ends.
// Promises: a page is never thrown away when the session ends: a dialog lies over it, and after the next log-in of the same person it goes on as it
// was (PO-413). Another person gets a fresh start. Two minutes before the half hour or the twelve hours of PO-069 are over the page says so.
import { useQueryClient } from "@tanstack/react-query";
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { api, dataAs, watchSession } from "../api/client.ts";
import { cardServiceIsAt } from "../api/card.ts";
import { Refusal } from "../api/problem.ts";
import { sendSettings } from "../frame/settings-sending.ts";
import type { Text } from "../words/words.ts";

export type Role = "enterprise_admin" | "enterprise_operator" | "agency_operator" | "individual" | "customs_officer" | "customs_hq_officer" | "platform_admin" | "gateway" | "yard_operator";

export interface Person {
  username: string;
  role: Role;
  login: "password" | "card" | "shield" | "third_party" | "key";
  card_no: string | null;
  /** When the session ends in any case, by the centre's clock; a key has no end. */
  ends_at: string | null;
}

export interface Place {
  name: string;
  name_en: string;
  training: boolean;
  card_service: string;
}

type State = { kind: "asking" } | { kind: "nobody" } | { kind: "open"; person: Person } | { kind: "lapsed"; person: Person; why: Text | null };

interface Session {
  state: State;
  place: Place;
  /** When the session ends, and by which of its two limits; the frame counts down to it. */
  ends: { at: number; by: "idle" | "longest" };
  /** Somebody has just logged in. */
  entered: () => Promise<void>;
  leave: () => Promise<void>;
  /** The session has ended for a reason that the person should read. */
  lapse: (why: Text) => void;
  stay: () => Promise<void>;
}

const IDLE_MS = 30 * 60 * 1000;
const AGAIN_MS = 2000;
const unknownPlace: Place = { name: "国际贸易单一窗口", name_en: "International Trade Single Window", training: false, card_service: "" };
const SessionContext = createContext<Session | null>(null);

export function SessionProvider({ children }: { children: ReactNode }) {
  const [state, setState] = useState<State>({ kind: "asking" });
  const [place, setPlace] = useState(unknownPlace);
  const [idleEnd, setIdleEnd] = useState(() => Date.now() + IDLE_MS);
  const [longestEnd, setLongestEnd] = useState(Infinity);
  const queries = useQueryClient();
  const lastNoted = useRef(0);

  const lapse = useCallback((why: Text | null) => setState((old) => (old.kind === "open" ? { kind: "lapsed", person: old.person, why } : old)), []);

  useEffect(() => {
    watchSession((event) => {
      if (event === "lapsed") return lapse(null);
      // Every answer proves that the session lives; noting it once a second spares the page.
      const now = Date.now();
      if (now - lastNoted.current > 1000) {
        lastNoted.current = now;
        setIdleEnd(now + IDLE_MS);
      }
    });
  }, [lapse]);

  const ask = useCallback(async () => {
    const { data, response } = await api.GET("/api/v1/session");
    const person = data as Person;
    setIdleEnd(Date.now() + IDLE_MS);
    setLongestEnd(endHere(person.ends_at, response.headers.get("date")));
    return person;
  }, []);

  useEffect(() => {
    void dataAs<Place>(api.GET("/api/v1/public/portal")).then((told) => {
      setPlace(told);
      cardServiceIsAt(told.card_service);
    });
    // Only an answer says that nobody is logged in; a centre that is away says nothing.
    const enter = (): Promise<void> =>
      ask().then(
        (person) => setState({ kind: "open", person }),
        (error: unknown) => (Refusal.of(error).status === 0 ? void setTimeout(() => void enter(), AGAIN_MS) : setState({ kind: "nobody" })),
      );
    void enter();
  }, [ask]);

  const entered = useCallback(async () => {
    const person = await ask();
    setState((old) => {
      if (old.kind !== "lapsed" || old.person.username === person.username) return { kind: "open", person };
      // Another person: nothing of this page is theirs, and nothing of it is sent as theirs.
      window.location.assign("/");
      return old;
    });
    // What is being typed or signed stays as it is on the page; everything else is looked at again.
    await queries.invalidateQueries({ predicate: ({ queryKey: [what] }) => what !== "entry" && what !== "statement" });
  }, [ask, queries]);

  const leave = useCallback(async () => {
    // What was changed a moment ago is this person's still.
    await sendSettings();
    // Whatever the centre says: here nobody is logged in any more.
    await api.DELETE("/api/v1/session").catch(() => undefined);
    queries.clear();
    setState({ kind: "nobody" });
  }, [queries]);

  const stay = useCallback(async () => {
    try {
      await ask();
    } catch (error) {
      // Without an answer nothing is known: the countdown goes on, and one may ask again.
      if (Refusal.of(error).status === 401) lapse(null);
    }
  }, [ask, lapse]);

  const ends = useMemo((): Session["ends"] => (longestEnd < idleEnd ? { at: longestEnd, by: "longest" } : { at: idleEnd, by: "idle" }), [idleEnd, longestEnd]);
  const value = useMemo(() => ({ state, place, ends, entered, leave, lapse, stay }), [state, place, ends, entered, leave, lapse, stay]);
  return <SessionContext value={value}>{children}</SessionContext>;
}

/** An instant of the centre's clock by the clock of this machine, which may be wrong: the answer that told it says what the centre's was. */
function endHere(endsAt: string | null, toldAt: string | null): number {
  const now = Date.now();
  return endsAt === null ? Infinity : now + Date.parse(endsAt) - (toldAt === null ? now : Date.parse(toldAt));
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("no session around this page");
  return session;
}

/** Who is logged in; only below the frame, where somebody is. */
export function usePerson(): Person {
  const { state } = useSession();
  if (state.kind === "open" || state.kind === "lapsed") return state.person;
  throw new Error("nobody is logged in here");
}

/** Who watches gates: operators of their yards, officers of their offices' yards, the others all (the API decides which). */
export const seesGates = (person: Person) => ["yard_operator", "customs_officer", "customs_hq_officer", "platform_admin"].includes(person.role);
export const isOfficer = (person: Person) => person.role === "customs_officer";
/** An officer of an office or of headquarters. */
export const isCustoms = (person: Person) => isOfficer(person) || person.role === "customs_hq_officer";
export const isDeclarant = (person: Person) => person.role === "enterprise_admin" || person.role === "enterprise_operator";
