// 接口密钥: keys for a person's programs: made with a name and scopes, shown once, ended.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button } from "antd";
import { useState } from "react";
import { api, dataAs } from "../api/client.ts";
import type { Code } from "../declaration/description.ts";
import { manyOf } from "../declaration/many-field.tsx";
import { instant } from "../declaration/show.ts";
import { Waiting } from "../declaration/states.tsx";
import { FormDialog } from "../form/form-dialog.tsx";
import { PlainTable } from "../form/plain-table.tsx";
import { ToCopy } from "../form/to-copy.tsx";
import { useConfirm } from "../form/use-confirm.tsx";
import { useLanguage, useSay } from "../words/language.tsx";
import { pick } from "../words/words.ts";
import { NoAccount } from "./no-account.tsx";
import { areas, o } from "./own-words.ts";

interface KeyJson {
  id: string;
  name: string;
  scopes: string[];
  created_at: string;
}

/** Every scope with what it opens. */
const SCOPES: Code[] = Object.entries(areas).flatMap(([area, name]) => [
  { code: `${area}:read`, name: [`${name[0]}：${o.reads[0]}`, `${name[1]}: ${o.reads[1]}`] as const, unseen: true },
  { code: `${area}:write`, name: [`${name[0]}：${o.writes[0]}`, `${name[1]}: ${o.writes[1]}`] as const, unseen: true },
]);

/** A scope in words. */
export function Scopes({ scopes }: { scopes: string[] }) {
  const language = useLanguage();
  return scopes.map((scope) => {
    const found = SCOPES.find((one) => one.code === scope);
    return found ? pick(language, found.name) : scope;
  }).join(language === "zh" ? "、" : "; ");
}

export function Keys() {
  const say = useSay();
  const queries = useQueryClient();
  const { message } = App.useApp();
  const confirm = useConfirm();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  const list = useQuery({ queryKey: ["account", "keys"], queryFn: () => dataAs<{ items: KeyJson[] }>(api.GET("/api/v1/account/keys")), retry: false, staleTime: 0 });
  if (list.isPending) return <Waiting />;
  if (list.isError) return <NoAccount error={list.error} again={() => void list.refetch()} />;
  const again = () => queries.invalidateQueries({ queryKey: ["account", "keys"] });
  const end = (key: KeyJson) =>
    confirm({
      title: `${say(o.endKey)} ${key.name}`,
      what: say(o.endKeyWhat),
      label: say(o.endKey),
      act: async () => {
        await api.DELETE("/api/v1/account/keys/{key_id}", { params: { path: { key_id: key.id } } });
        void message.success(say(o.endedKey));
        await again();
      },
    });
  return (
    <section className="section">
      <p>{say(o.keysLead)}</p>
      {made && (
        <Alert
          type="warning"
          showIcon
          role="alert"
          title={say(o.keyMade)}
          closable={{ onClose: () => setMade(null) }}
          description={<ToCopy what={o.keys} text={made} />}
        />
      )}
      <div className="actions">
        <Button type="primary" onClick={() => setMaking(true)}>{say(o.makeKey)}</Button>
      </div>
      <PlainTable
        label={o.keys}
        rows={list.data.items}
        rowKey={(key) => key.id}
        columns={[
          { name: "name", label: o.keyName, show: (key) => key.name },
          { name: "scopes", label: o.scopes, show: (key) => <Scopes scopes={key.scopes} /> },
          { name: "created_at", label: o.since, show: (key) => instant(key.created_at) },
        ]}
        operations={(key) => <button type="button" className="link" data-danger onClick={() => end(key)}>{say(o.endKey)}</button>}
      />
      {making && (
        <FormDialog
          title={say(o.makeKey)}
          fields={[
            { name: "name", label: o.keyName, kind: { is: "text", max: 50 }, required: true },
            { name: "scopes", label: o.scopes, kind: { is: "many", of: { list: SCOPES } }, required: true },
          ]}
          label={o.makeKey}
          submit={async (values) => {
            const body = { name: values.name ?? "", scopes: manyOf(values.scopes ?? "") };
            const { key } = await dataAs<{ key: string }>(api.POST("/api/v1/account/keys", { body }));
            setMade(key);
            await again();
          }}
          close={() => setMaking(false)}
        />
      )}
    </section>
  );
}
