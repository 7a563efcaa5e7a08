// 手机盾登录, at a screen: by the shield of this very device, or by a phone that scans a code or finds the request by the account's name (PO-052, PO-066).
// Promises: whoever only sees the code gets no session; what collects it stays in this page.
import { Alert, Button, Form, Input, QRCode } from "antd";
import { useCallback, useEffect, useState } from "react";
import { answered, canHold } from "../account/shield-key.ts";
import { api, dataAs } from "../api/client.ts";
import { Refusal } from "../api/problem.ts";
import { Waiting } from "../declaration/states.tsx";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";
import { useSession } from "./session.tsx";
import { s } from "./words.ts";

interface Request {
  request_id: string;
  poll_token: string;
  code: string;
  qr: string;
  expires_at: string;
}
type Ended = "refused" | "over";

const SERVES_MS = 60_000;
const LOOK_MS = 1500;

export default function ShieldForm() {
  const say = useSay();
  const [asked, setAsked] = useState<{ request: Request; until: number; name: string } | null>(null);
  const [ended, setEnded] = useState<Ended | null>(null);
  const [refused, setRefused] = useState<Text | null>(null);
  const ask = useCallback((name: string) => {
    setRefused(null);
    // The clock of this machine may be wrong, so the minute is counted here.
    const until = Date.now() + SERVES_MS;
    dataAs<Request>(api.POST("/api/v1/sessions/shield/requests", { body: name ? { username: name } : {} })).then(
      (request) => {
        setEnded(null);
        setAsked({ request, until, name });
      },
      (error: unknown) => setRefused(Refusal.of(error).text),
    );
  }, []);
  useEffect(() => ask(""), [ask]);
  return (
    <div className="by-shield">
      {refused && <Alert type="error" showIcon title={say(refused)} role="alert" />}
      {canHold() && <OwnShield onRefused={setRefused} />}
      {!asked && !refused && <Waiting />}
      {asked && (ended ? (
        <Alert type="warning" showIcon role="alert" title={say(ended === "refused" ? s.refusedThere : s.over)} action={<Button size="small" onClick={() => ask(asked.name)}>{say(s.another)}</Button>} />
      ) : (
        <Shown key={asked.request.request_id} {...asked} onEnd={setEnded} />
      ))}
      <Form layout="vertical" requiredMark={false} onFinish={({ username }: { username: string }) => ask(username.trim())}>
        <p>{say(s.push)}</p>
        <div className="push">
          <Form.Item name="username" noStyle rules={[{ required: true, whitespace: true, message: say(w.fieldRequired) }]}>
            <Input id="shield-username" autoComplete="username" maxLength={64} aria-label={say(w.username)} placeholder={say(w.username)} />
          </Form.Item>
          <Button htmlType="submit">{say(s.pushNow)}</Button>
        </div>
      </Form>
    </div>
  );
}

function OwnShield({ onRefused }: { onRefused: (why: Text) => void }) {
  const say = useSay();
  const { entered } = useSession();
  const [busy, setBusy] = useState(false);
  const enter = async () => {
    setBusy(true);
    try {
      const { public_key } = await dataAs<{ public_key: Record<string, unknown> }>(api.POST("/api/v1/sessions/shield/challenges"));
      const credential = await answered(public_key);
      await api.POST("/api/v1/sessions/shield", { body: { credential } });
      await entered();
    } catch (error) {
      // What is no refusal is the browser's own: no shield, or a person who has cancelled.
      onRefused(error instanceof DOMException ? s.notHere : Refusal.of(error).text);
      setBusy(false);
    }
  };
  return <Button type="primary" block data-act="own-shield" loading={busy} onClick={() => void enter()}>{say(s.here)}</Button>;
}

/** The code, while a phone may confirm it. */
function Shown({ request, until, name, onEnd }: { request: Request; until: number; name: string; onEnd: (ended: Ended) => void }) {
  const say = useSay();
  const { entered } = useSession();
  const [left, setLeft] = useState(SERVES_MS);
  useEffect(() => {
    const timer = setInterval(() => setLeft(Math.max(0, until - Date.now())), 1000);
    return () => clearInterval(timer);
  }, [until]);
  useEffect(() => {
    let asking = false;
    const look = async () => {
      if (asking) return;
      asking = true;
      try {
        const at = { params: { path: { request_id: request.request_id } } };
        const told = await dataAs<{ session?: string }>(api.POST("/api/v1/sessions/shield/requests/{request_id}/session", { ...at, body: { poll_token: request.poll_token } }));
        if (told.session === "open") {
          clearInterval(timer);
          await entered();
        } else if (Date.now() >= until) {
          clearInterval(timer);
          onEnd("over");
        }
      } catch (error) {
        // Without an answer nothing is known, and one asks again.
        if (Refusal.of(error).status !== 0) {
          clearInterval(timer);
          onEnd(Date.now() < until ? "refused" : "over");
        }
      } finally {
        asking = false;
      }
    };
    const timer = setInterval(() => void look(), LOOK_MS);
    return () => clearInterval(timer);
  }, [request, until, entered, onEnd]);
  return (
    <>
      <p>{say(name ? s.pushed : s.scan, { name })}</p>
      <div className="qr">
        {/* Black on white in the dark as well: that is what phones read. */}
        <span role="img" aria-label={say(s.qr)}><span aria-hidden><QRCode value={request.qr} type="svg" size={176} color="#000000" bgColor="#ffffff" bordered={false} /></span></span>
        <p>
          {say(s.compare)} <strong className="digits">{request.code}</strong>
          <small role="timer">{say(s.serves, { seconds: Math.ceil(left / 1000) })}</small>
        </p>
      </div>
    </>
  );
}
