// 登录失效: the warning two minutes before the half hour without activity or the twelve hours are over, and the log-in over the page afterwards
// (PO-069, PO-096, PO-413).
import { Alert, Button, Modal } from "antd";
import { useEffect, useRef, useState } from "react";
import { readers } from "../api/card.ts";
import { api } from "../api/client.ts";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import { LogIn } from "./log-in.tsx";
import { sendSettings } from "../frame/settings-sending.ts";
import { useSession } from "./session.tsx";

const WARN_MS = 2 * 60 * 1000;
const LOOK_AT_CARD_MS = 3000;
const CALM_MS = 1500;

export function Lapse() {
  const say = useSay();
  const { state, ends, stay, lapse, leave } = useSession();
  const [now, setNow] = useState(() => Date.now());
  // Whoever wants to finish a word first is let be; the end that was put off this way is remembered.
  const [later, setLater] = useState<number | null>(null);
  const open = state.kind === "open";
  const isLongest = ends.by === "longest";

  useEffect(() => {
    if (!open) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [open]);
  const left = ends.at - now;
  useEffect(() => {
    if (open && left <= 0) lapse(isLongest ? w.longestText : w.lapsedText);
  }, [open, left, isLongest, lapse]);
  useCardInReader();

  const warning = open && left > 0 && left <= WARN_MS;
  const lapsed = state.kind === "lapsed" ? state : null;
  const isPutOff = isLongest && later === ends.at;
  const warns = useCalm(warning && !isPutOff);
  const counted = say(isLongest ? w.endingText : w.lapsingText, { seconds: Math.max(0, Math.ceil(left / 1000)) });
  const asks = useCalm(lapsed !== null);
  return (
    <>
      {lapsed && !asks && <Alert className="lapse-note" type="warning" showIcon role="alert" title={say(w.lapsedTitle)} description={say(lapsed.why ?? w.lapsedText)} />}
      {warning && isPutOff && <Alert className="lapse-note" type="warning" showIcon title={<span role="timer">{counted}</span>} action={<Button size="small" onClick={() => lapse(w.longestText)}>{say(w.logInNow)}</Button>} />}
      <Modal open={warning && warns && !isPutOff} closable={false} title={say(w.lapsingTitle)} footer={[
        <Button key="out" onClick={() => void leave()}>{say(w.logOut)}</Button>,
        ...(isLongest
          ? [<Button key="later" onClick={() => setLater(ends.at)}>{say(w.later)}</Button>, <Button key="again" type="primary" autoFocus onClick={() => lapse(w.longestText)}>{say(w.logInNow)}</Button>]
          : [<Button key="stay" type="primary" autoFocus onClick={() => void stay()}>{say(w.stay)}</Button>]),
      ]}>
        <p role="timer">{counted}</p>
      </Modal>
      <Modal open={lapsed !== null && asks} closable={false} footer={null} title={say(w.lapsedTitle)} destroyOnHidden>
        <Alert type="warning" showIcon title={say(lapsed?.why ?? w.lapsedText)} />
        <LogIn over="page" />
      </Modal>
    </>
  );
}

/** A dialog takes the keyboard, so it waits for a pause: what is being typed goes on where it is meant to go. */
function useCalm(wanted: boolean): boolean {
  const [calm, setCalm] = useState(false);
  const lastKey = useRef(-Infinity);
  useEffect(() => {
    const heard = () => {
      lastKey.current = Date.now();
    };
    window.addEventListener("keydown", heard, true);
    return () => window.removeEventListener("keydown", heard, true);
  }, []);
  useEffect(() => {
    if (!wanted) return undefined;
    const look = () => Date.now() - lastKey.current >= CALM_MS && setCalm(true);
    look();
    const timer = setInterval(look, CALM_MS / 5);
    return () => {
      clearInterval(timer);
      setCalm(false);
    };
  }, [wanted]);
  return calm;
}

/** A session that a card has opened ends when the card is pulled out, and when another insertion than before shows that it was. */
function useCardInReader() {
  const { state, lapse } = useSession();
  const byCard = state.kind === "open" && state.person.login === "card";
  const insertions = useRef<number | null>(null);
  useEffect(() => {
    if (!byCard) return undefined;
    insertions.current = null;
    const timer = setInterval(() => {
      void readers().then((all) => {
        const reader = all.find((one) => one.card);
        const seen = insertions.current;
        insertions.current = reader ? reader.insertions : seen;
        const wasOut = seen !== null && (reader === undefined || reader.insertions !== seen);
        if (wasOut) {
          lapse(w.cardRemoved);
          // The session ends at the centre; the page stays as it is.
          void sendSettings().then(() => api.DELETE("/api/v1/session")).catch(() => undefined);
        }
      }, () => undefined);
    }, LOOK_AT_CARD_MS);
    return () => clearInterval(timer);
  }, [byCard, lapse]);
}

