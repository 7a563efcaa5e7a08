// 卡介质: the own card, from binding it to its new certificate, and for who administers an enterprise all cards of it (PO-092, PO-104, PO-407..PO-410).
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Modal } from "antd";
import { useState } from "react";
import { api, dataAs } from "../api/client.ts";
import { Refusal } from "../api/problem.ts";
import { instant } from "../declaration/show.ts";
import { Failed, Waiting } from "../declaration/states.tsx";
import { FormDialog } from "../form/form-dialog.tsx";
import { PlainTable } from "../form/plain-table.tsx";
import { isOfficer, usePerson, useSession } from "../session/session.tsx";
import { useSay } from "../words/language.tsx";
import { CardForm } from "./card-answer.tsx";
import { o } from "./own-words.ts";

export interface CardJson {
  card_no: string;
  state: "bound" | "suspended";
  reason?: string | null;
  bound_at?: string;
  not_after?: string;
}
type Purpose = "bind" | "renew" | "unbind";
const challenge = (purpose: Purpose) => () => dataAs<{ challenge: string }>(api.POST("/api/v1/cards/challenges", { body: { purpose } }));

export function MyCard() {
  const say = useSay();
  const person = usePerson();
  const { entered } = useSession();
  const { message } = App.useApp();
  const mine = useQuery({
    queryKey: ["cards", "mine"],
    queryFn: async () => {
      try {
        return await dataAs<CardJson>(api.GET("/api/v1/cards/mine"));
      } catch (error) {
        if (Refusal.of(error).status === 404) return null;
        throw error;
      }
    },
    retry: false,
    staleTime: 0,
  });
  if (mine.isPending) return <Waiting />;
  if (mine.isError) return <Failed error={mine.error} again={() => void mine.refetch()} />;
  // The header tells the card; what a person may do follows from it.
  const changed = async (told: string) => {
    void message.success(told);
    await entered();
  };
  const card = mine.data;
  return (
    <>
      <section className="section">
        {card ? (
          <CardFacts card={card} />
        ) : (
          <>
            <p>{say(o.noCard)}</p>
            <p>{say(o.bindLead)}</p>
            <CardForm label={o.bind} challenge={challenge("bind")} submit={async (answer) => { await api.POST("/api/v1/cards/bind", { body: answer }); await changed(say(o.boundNow)); }} />
          </>
        )}
        {card?.state === "suspended" && (
          <>
            <p>{say(o.renewLead)}</p>
            <CardForm label={o.renew} challenge={challenge("renew")} submit={async (answer) => { await api.POST("/api/v1/cards/renew", { body: answer }); await changed(say(o.renewed)); }} />
          </>
        )}
        {card?.state === "bound" && person.role !== "enterprise_admin" && <p className="empty">{say(isOfficer(person) || person.role === "customs_hq_officer" ? o.lostHintOfficer : o.lostHint)}</p>}
      </section>
      {person.role === "enterprise_admin" && <EnterpriseCards />}
    </>
  );
}

function CardFacts({ card }: { card: CardJson }) {
  const say = useSay();
  const facts: [string, string][] = [
    [say(o.cardNo), card.card_no],
    [say(o.state), say(card.state === "bound" ? o.bound : o.suspended)],
    ...(card.reason ? [[say(o.reason), card.reason] as [string, string]] : []),
    ...(card.bound_at ? [[say(o.boundAt), instant(card.bound_at)] as [string, string]] : []),
    ...(card.not_after ? [[say(o.notAfter), instant(card.not_after)] as [string, string]] : []),
  ];
  return (
    <dl className="facts">
      {facts.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function EnterpriseCards() {
  const say = useSay();
  const list = useQuery({ queryKey: ["cards", "enterprise"], queryFn: () => dataAs<{ items: CardJson[] }>(api.GET("/api/v1/cards")), retry: false, staleTime: 0 });
  return (
    <section className="section">
      <h2>{say(o.enterpriseCards)}</h2>
      {list.isPending && <Waiting />}
      {list.isError && <Failed error={list.error} again={() => void list.refetch()} />}
      {list.data && (
        <PlainTable
          label={o.enterpriseCards}
          rows={list.data.items}
          rowKey={(card) => card.card_no}
          columns={[
            { name: "card_no", label: o.cardNo, show: (card) => card.card_no },
            { name: "state", label: o.state, show: (card) => say(card.state === "bound" ? o.bound : o.suspended) },
            { name: "reason", label: o.reason, show: (card) => card.reason },
            { name: "not_after", label: o.notAfter, show: (card) => instant(card.not_after) },
          ]}
          operations={(card) => <CardActs card={card} />}
        />
      )}
    </section>
  );
}

/** 挂失 and 解绑 of one card; also those of an administrator of the platform, on the page of all cards. */
export function CardActs({ card }: { card: Pick<CardJson, "card_no" | "state"> }) {
  const say = useSay();
  const queries = useQueryClient();
  const { message } = App.useApp();
  const { entered } = useSession();
  const [act, setAct] = useState<"lost" | "unbind" | null>(null);
  const values = { card: card.card_no };
  const path = { params: { path: { card_no: card.card_no } } };
  const done = async (told: string) => {
    setAct(null);
    void message.success(told);
    await queries.invalidateQueries({ queryKey: ["cards"] });
    await entered();
  };
  return (
    <>
      {card.state === "bound" && <button type="button" className="link" data-danger onClick={() => setAct("lost")}>{say(o.reportLost)}</button>}
      <button type="button" className="link" data-danger onClick={() => setAct("unbind")}>{say(o.unbind)}</button>
      {act === "lost" && (
        <FormDialog
          title={say(o.reportLost)}
          lead={<p>{say(o.reportLostWhat, values)}</p>}
          fields={[{ name: "reason", label: o.reason, kind: { is: "area", max: 200 }, required: true }]}
          label={o.reportLost}
          danger
          submit={async ({ reason }) => {
            await api.POST("/api/v1/cards/{card_no}/report-lost", { ...path, body: { reason: reason ?? "" } });
            await done(say(o.reported));
          }}
          close={() => setAct(null)}
        />
      )}
      <Modal open={act === "unbind"} title={say(o.unbind)} footer={null} onCancel={() => setAct(null)} destroyOnHidden width={680}>
        <p>{say(o.unbindLead, values)}</p>
        <CardForm label={o.unbind} danger challenge={challenge("unbind")} submit={async (answer) => { await api.POST("/api/v1/cards/{card_no}/unbind", { ...path, body: answer }); await done(say(o.unbound)); }} />
      </Modal>
    </>
  );
}
