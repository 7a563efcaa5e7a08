// 手机盾确认登录, on the phone that has the shield: what a screen asks for, to be compared, then confirmed or refused (PO-066).
import { Alert, Button } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import { deviceOf } from "../account/device-name.ts";
import { answered, canHold } from "../account/shield-key.ts";
import { o } from "../account/own-words.ts";
import { api, dataAs } from "../api/client.ts";
import { Refusal } from "../api/problem.ts";
import { Failed, Waiting } from "../declaration/states.tsx";
import { useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";
import { OutsideFrame } from "./outside.tsx";
import { s } from "./words.ts";

interface Asked {
  request_id: string;
  code: string;
  device: string | null;
  address: string | null;
  public_key: Record<string, unknown>;
}

export default function ShieldPage() {
  const say = useSay();
  const [search] = useSearchParams();
  const id = search.get("request");
  return (
    <OutsideFrame title={say(s.onPhone)}>
      {id ? <Question key={id} id={id} /> : <Alert type="info" showIcon title={say(s.noRequest)} />}
      <p><Link className="link" to="/">{say(s.toStart)}</Link></p>
    </OutsideFrame>
  );
}

function Question({ id }: { id: string }) {
  const say = useSay();
  const [done, setDone] = useState<"confirmed" | "refused" | "gone" | null>(null);
  const [refused, setRefused] = useState<Text | null>(null);
  const [busy, setBusy] = useState(false);
  const at = { params: { path: { request_id: id } } };
  // It is looked at once: what was compared is what is confirmed.
  const asked = useQuery({ queryKey: ["shield-request", id], queryFn: () => dataAs<Asked>(api.GET("/api/v1/sessions/shield/requests/{request_id}", at)), staleTime: Infinity, gcTime: 0, retry: false });
  if (asked.isPending) return <Waiting />;
  if (done === "confirmed") return <Alert type="success" showIcon role="status" title={say(s.confirmed)} />;
  if (done === "refused") return <Alert type="info" showIcon role="status" title={say(s.refused)} />;
  const gone = done === "gone" || (asked.isError && Refusal.of(asked.error).status === 404);
  if (gone) return <Alert type="warning" showIcon role="alert" title={say(s.gone)} />;
  if (asked.isError) return <Failed error={asked.error} again={() => void asked.refetch()} />;
  const { code, device, address, public_key } = asked.data;
  const act = async (does: () => Promise<"confirmed" | "refused">) => {
    setBusy(true);
    setRefused(null);
    try {
      setDone(await does());
    } catch (error) {
      if (Refusal.of(error).status === 404) setDone("gone");
      else setRefused(error instanceof DOMException ? s.notHere : Refusal.of(error).text);
    } finally {
      setBusy(false);
    }
  };
  const confirm = () =>
    act(async () => {
      const credential = await answered(public_key);
      await api.POST("/api/v1/sessions/shield/requests/{request_id}/confirm", { ...at, body: { credential } });
      return "confirmed";
    });
  const refuse = () =>
    act(async () => {
      await api.POST("/api/v1/sessions/shield/requests/{request_id}/refuse", at);
      return "refused";
    });
  return (
    <>
      <p>{say(s.onPhoneLead)}</p>
      <p className="compare">{say(s.compare)} <strong className="digits">{code}</strong></p>
      <dl className="facts">
        <div><dt>{say(s.device)}</dt><dd>{deviceOf(device)}</dd></div>
        <div><dt>{say(s.address)}</dt><dd>{address}</dd></div>
      </dl>
      {refused && <Alert type="error" showIcon role="alert" title={say(refused)} />}
      {!canHold() && <Alert type="warning" showIcon title={say(o.shieldUnable)} />}
      <div className="answers">
        <Button type="primary" block data-act="confirm" disabled={!canHold()} loading={busy} onClick={() => void confirm()}>{say(s.confirm)}</Button>
        <Button danger block data-act="refuse" disabled={busy} onClick={() => void refuse()}>{say(s.refuse)}</Button>
      </div>
    </>
  );
}
