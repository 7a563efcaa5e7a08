// 卡密码: which card is in the reader, and the PIN that opens it for one signature (PO-093, PO-108).
import { IdcardOutlined, ReloadOutlined } from "@ant-design/icons";
import { Alert, Button } from "antd";
import { useCallback, useEffect, useId, useState } from "react";
import { Refusal } from "../api/problem.ts";
import { usePerson } from "../session/session.tsx";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import { rightCard } from "./signing.ts";

interface Props {
  label: string;
  busy: boolean;
  disabled?: boolean;
  refused: Refusal | null;
  onSign: (pin: string) => void;
}

export function PinForm({ label, busy, disabled, refused, onSign }: Props) {
  const say = useSay();
  const person = usePerson();
  const id = useId();
  const [card, setCard] = useState<string | null>(null);
  const [unfit, setUnfit] = useState<Refusal | null>(null);
  const [pin, setPin] = useState("");
  const look = useCallback(() => {
    rightCard(person.card_no).then(
      (found) => {
        setCard(found.card_no);
        setUnfit(null);
      },
      (error: unknown) => {
        setCard(null);
        setUnfit(Refusal.of(error));
      },
    );
  }, [person.card_no]);
  useEffect(look, [look]);
  const trouble = refused ?? unfit;
  return (
    <form
      className="pin-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (pin === "" || disabled || busy) return;
        setPin("");
        onSign(pin);
      }}
    >
      {trouble && <Alert type="error" showIcon role="alert" title={say(trouble.text)} description={trouble.fields.length > 0 ? <ul>{trouble.fields.map((fault) => <li key={fault.path}>{say([fault.message, fault.message_en])}</li>)}</ul> : undefined} />}
      <span className="card-state"><IdcardOutlined aria-hidden /> {card ? say(w.cardFound, { card }) : say(w.cardInsert)}</span>
      <Button size="small" icon={<ReloadOutlined />} onClick={look}>{say(w.cardLook)}</Button>
      <label htmlFor={id}>{say(w.signPin)}</label>
      <input id={id} className="box" type="password" autoComplete="off" value={pin} onChange={(event) => setPin(event.target.value)} />
      <Button type="primary" htmlType="submit" loading={busy} disabled={disabled || pin === ""}>{label}</Button>
    </form>
  );
}
