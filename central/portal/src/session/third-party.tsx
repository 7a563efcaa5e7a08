// 第三方登录返回页: where a provider sends the browser back to; ends in a session, in a link, or in a log-in by password that makes the link
// (PO-053, PO-067).
// Promises: what was brought back is handed on once; afterwards the person is where they wanted to go.
import { Alert, App, Button } from "antd";
import { useEffect, useRef, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { api, dataAs } from "../api/client.ts";
import { Refusal } from "../api/problem.ts";
import { Waiting } from "../declaration/states.tsx";
import { useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";
import { OutsideFrame } from "./outside.tsx";
import { PasswordForm } from "./password-form.tsx";
import { tripIsOver, tripOfThisTab } from "./providers.ts";
import { useSession } from "./session.tsx";
import { s } from "./words.ts";

const ACCOUNT = "/account?part=identities";

export default function ThirdParty() {
  const say = useSay();
  const { state: session, entered } = useSession();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const [trip] = useState(tripOfThisTab);
  const [links] = useState(trip ? trip.purpose === "link" : session.kind === "open");
  const [ticket, setTicket] = useState<string | null>(null);
  const [refused, setRefused] = useState<Text | null>(() => notBrought(search));
  const handed = useRef(false);

  const goOn = () => {
    tripIsOver();
    void navigate(trip?.back ?? (links ? ACCOUNT : "/"), { replace: true });
  };
  const hand = async () => {
    const body = { state: search.get("state") ?? "", code: search.get("code") ?? "" };
    try {
      if (links) {
        await api.POST("/api/v1/account/identities", { body });
        void message.success(say(s.linked));
        return goOn();
      }
      const told = await dataAs<{ link_ticket?: string }>(api.POST("/api/v1/sessions/third-party", { body }));
      if (told.link_ticket) return setTicket(told.link_ticket);
      await entered();
      return goOn();
    } catch (error) {
      const refusal = Refusal.of(error);
      if (links && refusal.status === 409) return setRefused(s.linkedElsewhere);
      // Whoever was away longer than the session lasts has nothing to link to.
      return setRefused(links && refusal.code === "PO_LOGIN_FAILED" ? s.logInFirst : refusal.text);
    }
  };
  useEffect(() => {
    if (handed.current || refused) return;
    handed.current = true;
    void hand();
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  const title = say(links ? s.linkTitle : s.thirdParty);
  const from = trip ? ` · ${say(trip.provider)}` : "";
  return (
    <OutsideFrame title={title + from}>
      {refused && (
        <>
          <Alert type="error" showIcon role="alert" title={say(s.failedThere)} description={say(refused)} />
          <p><Button type="primary" onClick={goOn}>{say(links ? s.toAccount : s.beginAgain)}</Button></p>
        </>
      )}
      {!refused && !ticket && <div role="status"><Waiting /> {say(links ? s.linking : s.comingBack)}</div>}
      {ticket && (
        <>
          <Alert type="info" showIcon role="status" title={say(s.unlinked)} />
          <PasswordForm ticket={ticket} onEntered={goOn} />
          <p><Button type="link" className="in-text" onClick={goOn}>{say(s.beginAgain)}</Button></p>
        </>
      )}
    </OutsideFrame>
  );
}

/** Why there is nothing to hand on. */
function notBrought(search: URLSearchParams): Text | null {
  const error = search.get("error");
  if (error === "access_denied") return s.cancelled;
  // Only words of the protocol are repeated, so that a link cannot put its own words onto our page.
  if (error) return /^[a-z_]{1,40}$/.test(error) ? [s.notThere[0].replace("{error}", error), s.notThere[1].replace("{error}", error)] : s.incomplete;
  return search.get("state") && search.get("code") ? null : s.incomplete;
}
