// 提示: what the centre says of several fields together while they are typed, such as the deadline of a slot (AC-114). Asked a moment after the last
// key, once all that it needs is there.
import { ClockCircleOutlined, WarningOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Refusal, saidOf } from "../api/problem.ts";
import { useSay } from "../words/language.tsx";
import type { Advice, Values } from "./description.ts";

const AFTER_MS = 500;

export function AdviceLine({ advice, name, values }: { advice: Advice; name: string; values: Values }) {
  const say = useSay();
  const typed = JSON.stringify(Object.fromEntries(advice.needs.map((need) => [need, (values[need] ?? "").trim()])));
  const [settled, setSettled] = useState(typed);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(typed), AFTER_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const asked = JSON.parse(settled) as Values;
  const isComplete = advice.needs.every((need) => asked[need] !== "");
  const told = useQuery({ queryKey: ["advice", name, settled], queryFn: () => advice.ask(asked), enabled: isComplete, retry: false, staleTime: 30_000 });
  if (!isComplete || settled !== typed) return <p className="advice" role="status" />;
  const refusal = told.isError ? Refusal.of(told.error) : null;
  const against = refusal ? (refusal.fields.length > 0 ? refusal.fields.map(saidOf) : [refusal.text]) : [];
  const lines = told.data?.lines ?? against;
  const isGood = told.data?.tone === "good";
  return (
    <div className="advice" role="status" data-tone={lines.length === 0 ? undefined : isGood ? "good" : "bad"}>
      {lines.map((line) => (
        <p key={line[1]}>{isGood ? <ClockCircleOutlined aria-hidden /> : <WarningOutlined aria-hidden />} {say(line)}</p>
      ))}
    </div>
  );
}
