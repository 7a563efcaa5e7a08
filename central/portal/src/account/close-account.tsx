// 注销: closes the own account for good (PO-406).
import { App, Button } from "antd";
import { api } from "../api/client.ts";
import { useConfirm } from "../form/use-confirm.tsx";
import { usePerson, useSession } from "../session/session.tsx";
import { useSay } from "../words/language.tsx";
import { o } from "./own-words.ts";

export function CloseAccount() {
  const say = useSay();
  const person = usePerson();
  const { leave } = useSession();
  const { message } = App.useApp();
  const confirm = useConfirm();
  const close = () =>
    confirm({
      title: say(o.closeAsk, { username: person.username }),
      what: say(o.closeLead),
      label: say(o.close),
      act: async () => {
        await api.POST("/api/v1/account/close");
        void message.success(say(o.closed));
        await leave();
      },
    });
  return (
    <section className="section">
      <p>{say(o.closeLead)}</p>
      <Button danger onClick={close}>{say(o.close)}</Button>
    </section>
  );
}
