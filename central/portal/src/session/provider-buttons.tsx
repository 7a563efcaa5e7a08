// 第三方快捷登录: a button for each provider that the centre has configured; nothing where it has none (PO-053).
import { Alert, Button } from "antd";
import { useState } from "react";
import { api, dataAs } from "../api/client.ts";
import { Refusal } from "../api/problem.ts";
import { useSay } from "../words/language.tsx";
import { setOut, useProviders, type Provider } from "./providers.ts";
import { s } from "./words.ts";

export function ProviderButtons() {
  const say = useSay();
  const providers = useProviders();
  const [refused, setRefused] = useState<Refusal | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const items = providers.data?.items ?? [];
  if (items.length === 0) return null;
  const go = async ({ id, name, name_en }: Provider) => {
    setBusy(id);
    setRefused(null);
    try {
      const { authorization_url } = await dataAs<{ authorization_url: string }>(api.POST("/api/v1/sessions/third-party/{provider}", { params: { path: { provider: id } } }));
      const { pathname, search } = window.location;
      setOut({ purpose: "log-in", provider: [name, name_en], back: pathname + search }, authorization_url);
    } catch (error) {
      setRefused(Refusal.of(error));
      setBusy(null);
    }
  };
  return (
    <section className="more-ways" aria-label={say(s.moreWays)}>
      <h3>{say(s.moreWays)} <small>{say(s.thirdParty)}</small></h3>
      {refused && <Alert type="error" showIcon title={say(refused.text)} role="alert" />}
      <div className="actions">
        {items.map((provider) => (
          <Button key={provider.id} data-provider={provider.id} loading={busy === provider.id} disabled={busy !== null} onClick={() => void go(provider)}>{say([provider.name, provider.name_en])}</Button>
        ))}
      </div>
    </section>
  );
}
