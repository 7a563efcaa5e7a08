// 卡应答: which card is in the reader, its PIN, and what the card says to a challenge: for everything that shows a card and signs no declaration.
// Promises: the PIN goes to the card service of this machine and nowhere else.
import { IdcardOutlined, ReloadOutlined } from "@ant-design/icons";
import { Alert, Button } from "antd";
import { useCallback, useEffect, useId, useState } from "react";
import { connected, signed } from "../api/card.ts";
import { Refusal } from "../api/problem.ts";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";

/** 挑战应答. */
export interface CardAnswer {
  card_no: string;
  challenge: string;
  signature_alg: string;
  signature: string;
  certificate: string;
}

interface Props {
  label: Text;
  danger?: boolean;
  /** Asks the centre for what the card signs. */
  challenge: () => Promise<{ challenge: string }>;
  /** Sends what the card has said. */
  submit: (answer: CardAnswer) => Promise<unknown>;
}

export function CardForm({ label, danger, challenge, submit }: Props) {
  const say = useSay();
  const id = useId();
  const [card, setCard] = useState<{ reader: string; card_no: string } | null>(null);
  const [refused, setRefused] = useState<Refusal | null>(null);
  const [pin, setPin] = useState("");
  const [busy, setBusy] = useState(false);
  const look = useCallback(() => {
    connected().then(
      (found) => {
        setCard({ reader: found.reader, card_no: found.card.card_no });
        setRefused(null);
      },
      (error: unknown) => {
        setCard(null);
        setRefused(Refusal.of(error));
      },
    );
  }, []);
  useEffect(look, [look]);
  const send = async () => {
    if (!card) return look();
    setBusy(true);
    setRefused(null);
    try {
      const asked = await challenge();
      const said = await signed(card.reader, pin, asked.challenge);
      await submit({ card_no: card.card_no, challenge: asked.challenge, signature_alg: said.alg, signature: said.value, certificate: said.certificate });
    } catch (error) {
      setRefused(Refusal.of(error));
    } finally {
      setPin("");
      setBusy(false);
    }
  };
  return (
    <form
      className="pin-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (pin !== "" && !busy) void send();
      }}
    >
      {refused && <Alert type="error" showIcon role="alert" title={say(refused.text)} description={refused.fields.length > 0 ? <ul>{refused.fields.map((fault) => <li key={fault.path}>{say([fault.message, fault.message_en])}</li>)}</ul> : undefined} />}
      <span className="card-state"><IdcardOutlined aria-hidden /> {card ? say(w.cardFound, { card: card.card_no }) : say(w.cardInsert)}</span>
      <Button size="small" icon={<ReloadOutlined />} onClick={look}>{say(w.cardLook)}</Button>
      <label htmlFor={id}>{say(w.pin)}</label>
      <input id={id} className="box" type="password" autoComplete="off" value={pin} onChange={(event) => setPin(event.target.value)} />
      <Button type="primary" htmlType="submit" danger={danger} loading={busy} disabled={pin === "" || card === null}>{say(label)}</Button>
    </form>
  );
}
