// 手机盾证书管理: the shields in a person's phones: applied for on the phone itself, named, renewed, withdrawn (PO-038, PO-066).
// Promises: the key never leaves the phone; this page passes on what the phone says, and nothing else.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ReloadOutlined } from "@ant-design/icons";
import { App, Button } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { api, dataAs } from "../api/client.ts";
import { Refusal } from "../api/problem.ts";
import { instant } from "../declaration/show.ts";
import { Failed, Waiting } from "../declaration/states.tsx";
import { FormDialog } from "../form/form-dialog.tsx";
import { PlainTable } from "../form/plain-table.tsx";
import { useConfirm } from "../form/use-confirm.tsx";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import { deviceOf } from "./device-name.ts";
import { NoAccount } from "./no-account.tsx";
import { o } from "./own-words.ts";
import { answered, canHold, made } from "./shield-key.ts";

const LOOK_MS = 3000;
const MOST_LOOKS = 40;

interface ShieldJson {
  id: string;
  name: string;
  state: string;
  applied_at: string;
  used_at: string | null;
  not_after: string;
}
const asked = (purpose: "apply" | "renew") => dataAs<{ public_key: Record<string, unknown> }>(api.POST("/api/v1/account/shields/challenges", { body: { purpose } }));

export function Shields() {
  const say = useSay();
  const queries = useQueryClient();
  const { message } = App.useApp();
  const confirm = useConfirm();
  const [naming, setNaming] = useState<ShieldJson | "new" | null>(null);
  const [refused, setRefused] = useState<Refusal | null>(null);
  const list = useQuery({ queryKey: ["account", "shields"], queryFn: () => dataAs<{ items: ShieldJson[] }>(api.GET("/api/v1/account/shields")), retry: false, staleTime: 0 });
  if (list.isPending) return <Waiting />;
  if (list.isError) return <NoAccount error={list.error} again={() => void list.refetch()} />;
  const done = async (told: string) => {
    void message.success(told);
    await queries.invalidateQueries({ queryKey: ["account", "shields"] });
  };
  const at = (shield: ShieldJson) => ({ params: { path: { shield_id: shield.id } } });
  const renew = async (shield: ShieldJson) => {
    setRefused(null);
    try {
      const credential = await answered((await asked("renew")).public_key);
      await api.POST("/api/v1/account/shields/{shield_id}/renew", { ...at(shield), body: { credential } });
      await done(say(o.renewed));
    } catch (error) {
      setRefused(Refusal.of(error));
    }
  };
  const withdraw = (shield: ShieldJson) =>
    confirm({
      title: `${say(o.withdraw)} ${shield.name}`,
      what: say(o.withdrawWhat),
      label: say(o.withdraw),
      act: async () => {
        await api.DELETE("/api/v1/account/shields/{shield_id}", at(shield));
        await done(say(o.withdrawn));
      },
    });
  return (
    <section className="section">
      <p>{say(canHold() ? o.shieldLead : o.shieldUnable)}</p>
      {refused && <Failed error={refused} />}
      <div className="actions">
        <Button type="primary" disabled={!canHold()} onClick={() => setNaming("new")}>{say(o.apply)}</Button>
      </div>
      <PlainTable
        label={o.shields}
        rows={list.data.items}
        rowKey={(shield) => shield.id}
        columns={[
          { name: "name", label: o.shieldName, show: (shield) => shield.name },
          { name: "state", label: o.state, show: (shield) => (shield.state === "active" ? say(o.active) : shield.state) },
          { name: "applied_at", label: o.since, show: (shield) => instant(shield.applied_at) },
          { name: "used_at", label: o.used, show: (shield) => instant(shield.used_at) },
          { name: "not_after", label: o.shieldUntil, show: (shield) => instant(shield.not_after) },
        ]}
        operations={(shield) => (
          <>
            <button type="button" className="link" onClick={() => setNaming(shield)}>{say(o.rename)}</button>
            {canHold() && <button type="button" className="link" onClick={() => void renew(shield)}>{say(o.renew)}</button>}
            <button type="button" className="link" data-danger onClick={() => withdraw(shield)}>{say(o.withdraw)}</button>
          </>
        )}
      />
      <WaitingRequests />
      {naming && (
        <FormDialog
          title={say(naming === "new" ? o.apply : o.rename)}
          fields={[{ name: "name", label: o.shieldName, kind: { is: "text", max: 50 }, required: true }]}
          start={{ name: naming === "new" ? "" : naming.name }}
          label={naming === "new" ? o.apply : o.save}
          submit={async ({ name = "" }) => {
            if (naming === "new") {
              const credential = await made((await asked("apply")).public_key);
              await api.POST("/api/v1/account/shields", { body: { name, credential } });
              await done(say(o.applied));
            } else {
              await api.PUT("/api/v1/account/shields/{shield_id}", { ...at(naming), body: { name } });
              await done(say(o.saved));
            }
          }}
          close={() => setNaming(null)}
        />
      )}
    </section>
  );
}

interface RequestJson {
  request_id: string;
  code: string;
  device: string | null;
  address: string | null;
}

/** Screens that ask to be logged in as this account; looked for while somebody can be expected to wait for one. */
function WaitingRequests() {
  const say = useSay();
  const navigate = useNavigate();
  const asked = useQuery({
    queryKey: ["account", "shield-requests"],
    queryFn: () => dataAs<{ items: RequestJson[] }>(api.GET("/api/v1/account/shield-requests")),
    retry: false,
    staleTime: 0,
    gcTime: 0,
    // Asking for ever would keep a session alive that nobody uses.
    refetchInterval: (query) => (query.state.dataUpdateCount < MOST_LOOKS ? LOOK_MS : false),
  });
  const items = asked.data?.items ?? [];
  return (
    <section className="waiting-requests" aria-live="polite">
      <div className="actions">
        <h3>{say(o.waitingRequests)}</h3>
        <Button size="small" icon={<ReloadOutlined />} aria-label={say(w.reload)} title={say(w.reload)} onClick={() => void asked.refetch()} />
      </div>
      {items.length === 0 ? <p className="soft">{say(o.noRequests)}</p> : (
        <ul className="plain">
          {items.map((one) => (
            <li key={one.request_id}>
              {say(o.code)} <strong className="digits">{one.code}</strong> · {[deviceOf(one.device), one.address].filter(Boolean).join(" · ")} <Button size="small" type="primary" onClick={() => void navigate(`/shield?request=${one.request_id}`)}>{say(o.look)}</Button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
