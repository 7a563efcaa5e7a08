// 空、加载、失败: the three states of whatever is fetched, the same everywhere.
import { Alert, Button, Spin } from "antd";
import { useEffect, useState } from "react";
import { Refusal } from "../api/problem.ts";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";

const LONG_MS = 10_000;

/** Says after ten seconds what it waits for. */
export function Waiting({ again }: { again?: () => void }) {
  const say = useSay();
  const [long, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), LONG_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="waiting" role="status">
      <Spin /> {say(long ? w.waitingLong : w.waiting)}
      {long && again && <Button size="small" onClick={again}>{say(w.retry)}</Button>}
    </div>
  );
}

export function Failed({ error, again }: { error: unknown; again?: () => void }) {
  const say = useSay();
  const refusal = Refusal.of(error);
  const action = again && <Button size="small" onClick={again}>{say(w.retry)}</Button>;
  return <Alert type="error" showIcon role="alert" title={say(w.failed)} description={`${say(refusal.text)}${refusal.requestId ? ` (${refusal.requestId})` : ""}`} action={action} />;
}

export function Empty() {
  const say = useSay();
  return <p className="empty">{say(w.empty)}</p>;
}
