// 办理: the buttons of the acts that are possible, the words that one needs, and the card that signs it (PO-111). The same for one record and for several.
import { Button } from "antd";
import { useEffect, useId, useRef, useState } from "react";
import { Refusal } from "../api/problem.ts";
import { isComposing } from "../declaration/keys.ts";
import { PinForm } from "../declaration/pin-form.tsx";
import { sign } from "../declaration/signing.ts";
import { usePerson } from "../session/session.tsx";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { Act, Asked, DeskManual } from "./description.ts";

const MOST_WORDS = 500;

interface Props {
  of: DeskManual;
  records: Asked["records"];
  acts: Act[];
  /** Left of the buttons. */
  head: React.ReactNode;
  done: () => Promise<void>;
  /** Somebody was faster: what is shown is old. */
  stale: () => void;
}

export function ActPanel({ of, records, acts, head, done, stale }: Props) {
  const say = useSay();
  const person = usePerson();
  const id = useId();
  const [act, setAct] = useState<Act | null>(null);
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<Refusal | null>(null);
  const panel = useRef<HTMLElement>(null);
  const missing = act?.needsText === true && text.trim() === "";
  const left = MOST_WORDS - [...text].length;
  // What is typed next is the words, where there must be some, and the PIN otherwise.
  useEffect(() => {
    if (act) panel.current?.querySelector<HTMLElement>(act.needsText ? "textarea" : "input")?.focus();
  }, [act]);

  const run = async (pin: string) => {
    if (!act) return;
    setBusy(true);
    setRefused(null);
    try {
      const asked = { act: act.name, text: text.trim() === "" ? null : text.trim(), records };
      await of.decide(asked, await sign(await of.statement(asked), person.card_no, pin));
      setAct(null);
      setText("");
      await done();
    } catch (error) {
      const refusal = Refusal.of(error);
      setRefused(refusal);
      if (refusal.status === 409) stale();
    } finally {
      setBusy(false);
    }
  };
  const giveUp = () => {
    setAct(null);
    setRefused(null);
  };
  return (
    <>
      <div className="actions">
        {head}
        <span className="grow" />
        {acts.map((one) => (
          <Button key={one.name} type={act?.name === one.name ? "primary" : "default"} danger={one.danger} aria-pressed={act?.name === one.name} data-act={one.name} onClick={() => { setAct(one); setRefused(null); }}>
            {say(one.label)}
          </Button>
        ))}
      </div>
      {act && (
        <section
          className="panel"
          aria-label={say(act.label)}
          ref={panel}
          onKeyDown={(event) => {
            if (event.code === "Escape" && !isComposing(event.nativeEvent)) giveUp();
          }}
        >
          <div className="field" data-field="text" data-ground={act.needsText ? "yellow" : "white"}>
            <label htmlFor={id}>{act.needsText && <span className="asterisk" aria-hidden>*</span>}{say(w.opinion)}</label>
            <div className="field-box">
              <textarea id={id} className="box" rows={2} maxLength={MOST_WORDS} required={act.needsText} aria-required={act.needsText} value={text} onChange={(event) => setText(event.target.value)} />
              {left < 50 && <span className="counter">{say(w.left, { count: left })}</span>}
            </div>
          </div>
          {missing && <p className="hint-line">{say(w.opinionRequired)}</p>}
          <PinForm label={`${say(act.label)} · ${say(w.signNow)}`} busy={busy} disabled={missing} refused={refused} onSign={(pin) => void run(pin)} />
        </section>
      )}
    </>
  );
}
