// 待处理异常: what nobody has acknowledged yet, newest first; operators and officers acknowledge it here.
import { App, Button } from "antd";
import { useState } from "react";
import { Refusal } from "../api/problem.ts";
import { instant } from "../declaration/show.ts";
import { usePerson } from "../session/session.tsx";
import { useSay } from "../words/language.tsx";
import { AlertText } from "./alert-text.tsx";
import { alertLabel, alertMeaning } from "./alert-words.ts";
import { acknowledge, type Alert } from "./gate.ts";
import { y } from "./words.ts";

export function AlertList({ alerts, total }: { alerts: Alert[]; total: number }) {
  const say = useSay();
  const { role } = usePerson();
  const { message } = App.useApp();
  const [busy, setBusy] = useState<number | null>(null);
  // The line brings the news that it is acknowledged; until then the row is not offered again.
  const [done, setDone] = useState(new Set<number>());
  const may = role === "yard_operator" || role === "customs_officer";
  const open = alerts.filter((alert) => !done.has(alert.id));
  const act = async (alert: Alert) => {
    setBusy(alert.id);
    try {
      await acknowledge(alert.id);
      setDone((old) => new Set([...old, alert.id]));
      void message.success(say(y.acknowledged));
    } catch (error) {
      void message.error(say(Refusal.of(error).text));
    } finally {
      setBusy(null);
    }
  };
  return (
    <section className="section yard-alerts" data-some={open.length > 0 || undefined}>
      <h2>{say(y.alerts)} {open.length > 0 && <span className="digits">{total - (alerts.length - open.length)}</span>}</h2>
      {open.length === 0 && <p className="empty">{say(y.noAlerts)}</p>}
      <ul className="plain" aria-live="polite">
        {open.map((alert) => {
          const what = say(alertLabel(alert.code));
          const meaning = alertMeaning[alert.code];
          return (
            <li key={alert.id} data-alert={alert.id}>
              <span className="yard-alert">
                <strong>{what}</strong>
                <span className="digits">{[alert.gate_id, alert.trip_no].filter(Boolean).join(" · ")}</span>
                {meaning && <span>{say(meaning)}</span>}
                <small><AlertText text={alert.text} text_zh={alert.text_zh} /></small>
              </span>
              <span className="digits">{instant(alert.at)}</span>
              {may && <Button size="small" loading={busy === alert.id} aria-label={say(y.acknowledgeThis, { what })} onClick={() => void act(alert)}>{say(y.acknowledge)}</Button>}
            </li>
          );
        })}
      </ul>
      {total > alerts.length && <small>{say(y.alertsMore, { shown: alerts.length, total })}</small>}
    </section>
  );
}
