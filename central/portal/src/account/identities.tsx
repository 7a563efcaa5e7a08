// 第三方账号关联: identities of other providers that open this account (PO-067).
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { useState } from "react";
import { api, dataAs } from "../api/client.ts";
import { Refusal } from "../api/problem.ts";
import { instant } from "../declaration/show.ts";
import { Failed, Waiting } from "../declaration/states.tsx";
import { PlainTable } from "../form/plain-table.tsx";
import { useConfirm } from "../form/use-confirm.tsx";
import { setOut, useProviders, type Provider } from "../session/providers.ts";
import { useSay } from "../words/language.tsx";
import { plain } from "../words/words.ts";
import { NoAccount } from "./no-account.tsx";
import { o } from "./own-words.ts";

interface Identity {
  id: string;
  provider: string;
  linked_at: string;
  used_at: string | null;
}

export function Identities() {
  const say = useSay();
  const queries = useQueryClient();
  const { message } = App.useApp();
  const confirm = useConfirm();
  const [refused, setRefused] = useState<Refusal | null>(null);
  const providers = useProviders();
  const list = useQuery({ queryKey: ["account", "identities"], queryFn: () => dataAs<{ items: Identity[] }>(api.GET("/api/v1/account/identities")), retry: false, staleTime: 0 });
  if (list.isPending || providers.isPending) return <Waiting />;
  if (list.isError) return <NoAccount error={list.error} again={() => void list.refetch()} />;
  if (providers.isError) return <Failed error={providers.error} />;
  const nameOf = (id: string) => {
    const found = providers.data.items.find((provider) => provider.id === id);
    return say(found ? [found.name, found.name_en] : plain(id));
  };
  const link = ({ id, name, name_en }: Provider) =>
    dataAs<{ authorization_url: string }>(api.POST("/api/v1/account/identities/authorizations", { body: { provider: id } })).then(
      (told) => setOut({ purpose: "link", provider: [name, name_en], back: "/account?part=identities" }, told.authorization_url),
      (error: unknown) => setRefused(Refusal.of(error)),
    );
  const unlink = (identity: Identity) =>
    confirm({
      title: `${say(o.unlink)} ${nameOf(identity.provider)}`,
      what: say(o.unlinkWhat),
      label: say(o.unlink),
      act: async () => {
        await api.DELETE("/api/v1/account/identities/{identity_id}", { params: { path: { identity_id: identity.id } } });
        void message.success(say(o.withdrawn));
        await queries.invalidateQueries({ queryKey: ["account", "identities"] });
      },
    });
  return (
    <section className="section">
      {refused && <Failed error={refused} />}
      <div className="actions">
        {providers.data.items.map((provider) => (
          <Button key={provider.id} data-provider={provider.id} onClick={() => void link(provider)}>{say(o.link, { name: say([provider.name, provider.name_en]) })}</Button>
        ))}
        {providers.data.items.length === 0 && <p className="empty">{say(o.noProviders)}</p>}
      </div>
      <PlainTable
        label={o.identities}
        rows={list.data.items}
        rowKey={(identity) => identity.id}
        columns={[
          { name: "provider", label: o.provider, show: (identity) => nameOf(identity.provider) },
          { name: "linked_at", label: o.linkedAt, show: (identity) => instant(identity.linked_at) },
          { name: "used_at", label: o.used, show: (identity) => instant(identity.used_at) },
        ]}
        operations={(identity) => <button type="button" className="link" data-danger onClick={() => unlink(identity)}>{say(o.unlink)}</button>}
      />
    </section>
  );
}
