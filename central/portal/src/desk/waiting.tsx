// 等候: how long a record has waited, and how long there is until its deadline; told in the largest two units, since officers compare, not measure.
import { ClockCircleOutlined, WarningOutlined } from "@ant-design/icons";
import { useEffect, useState } from "react";
import type { RecordJson } from "../declaration/description.ts";
import { instant } from "../declaration/show.ts";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";
import type { DeskManual } from "./description.ts";
import { d } from "./words.ts";

const MINUTE_MS = 60_000;
/** A deadline that is nearer than this is marked. */
const NEAR_MS = 4 * 60 * MINUTE_MS;

function parts(ms: number): { text: Text; values: Record<string, number> } {
  const minutes = Math.max(0, Math.floor(ms / MINUTE_MS));
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60)];
  if (days > 0) return { text: d.days, values: { days, hours: hours % 24 } };
  return hours > 0 ? { text: d.hours, values: { hours, minutes: minutes % 60 } } : { text: d.minutes, values: { minutes } };
}

const timeOf = (value: unknown): number => (typeof value === "string" ? Date.parse(value) : NaN);

/** The time, once a minute. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), MINUTE_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

export function Waits({ of, record, now }: { of: DeskManual; record: RecordJson; now: number }) {
  const say = useSay();
  const told = (ms: number) => {
    const { text, values } = parts(ms);
    return say(text, values);
  };
  const since = timeOf(of.waitsSince(record));
  const deadline = of.deadline?.(record) ?? null;
  const until = timeOf(deadline?.at) - now;
  return (
    <>
      {!Number.isNaN(since) && <small title={instant(of.waitsSince(record))}><ClockCircleOutlined aria-hidden /> {say(w.waits, { time: told(now - since) })}</small>}
      {deadline && !Number.isNaN(until) && (
        <small className="deadline" data-near={until < NEAR_MS || undefined}>
          {until < NEAR_MS && <WarningOutlined aria-hidden />} {say(deadline.label)} <span className="digits">{instant(deadline.at).slice(0, 16)}</span> {say(until < 0 ? d.over : d.remaining, { time: told(Math.abs(until)) })}
        </small>
      )}
    </>
  );
}
