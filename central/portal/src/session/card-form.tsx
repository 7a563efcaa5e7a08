// 卡介质登录: by a card and its PIN, which answers a challenge of the centre (PO-051, PO-063..PO-065).
import { IdcardOutlined, ReloadOutlined } from "@ant-design/icons";
import { Alert, Button, Form, Input } from "antd";
import { useCallback, useEffect, useState } from "react";
import { connected, signed } from "../api/card.ts";
import { api, dataAs } from "../api/client.ts";
import { Refusal } from "../api/problem.ts";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import { useSession } from "./session.tsx";

interface Challenge {
  challenge: string;
}

export function CardForm() {
  const say = useSay();
  const { entered } = useSession();
  const [card, setCard] = useState<{ reader: string; card_no: string } | null>(null);
  const [refused, setRefused] = useState<Refusal | null>(null);
  const [busy, setBusy] = useState(false);

  const look = useCallback(() => {
    setRefused(null);
    connected().then(
      (found) => setCard({ reader: found.reader, card_no: found.card.card_no }),
      (error: unknown) => {
        setCard(null);
        setRefused(Refusal.of(error));
      },
    );
  }, []);
  useEffect(look, [look]);

  const enter = async ({ pin }: { pin: string }) => {
    if (!card) return look();
    setBusy(true);
    setRefused(null);
    try {
      const { challenge } = await dataAs<Challenge>(api.POST("/api/v1/sessions/card/challenges"));
      const answer = await signed(card.reader, pin, challenge);
      const body = { card_no: card.card_no, challenge, signature_alg: answer.alg, signature: answer.value, certificate: answer.certificate };
      await api.POST("/api/v1/sessions/card", { body });
      await entered();
    } catch (error) {
      setRefused(Refusal.of(error));
      setBusy(false);
    }
  };
  return (
    <Form layout="vertical" onFinish={(typed: { pin: string }) => void enter(typed)} requiredMark={false}>
      {refused && <Alert type="error" showIcon title={say(refused.text)} role="alert" />}
      <p className="card-state">
        <IdcardOutlined aria-hidden /> {card ? say(w.cardFound, { card: card.card_no }) : say(w.cardInsert)}
        <Button size="small" icon={<ReloadOutlined />} onClick={look}>{say(w.cardLook)}</Button>
      </p>
      <Form.Item name="pin" label={say(w.pin)} rules={[{ required: true, message: say(w.fieldRequired) }]}>
        <Input.Password autoComplete="off" autoFocus />
      </Form.Item>
      <Button type="primary" htmlType="submit" block loading={busy}>{say(w.logIn)}</Button>
    </Form>
  );
}
