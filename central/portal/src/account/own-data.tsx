// 个人信息: what the one account record holds; e-mail and name are the holder's to change.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { useState } from "react";
import { api, dataAs } from "../api/client.ts";
import { CodeName } from "../declaration/codes.ts";
import { instant } from "../declaration/show.ts";
import { Waiting } from "../declaration/states.tsx";
import { FormDialog } from "../form/form-dialog.tsx";
import { textOr } from "../form/plain-form.tsx";
import { roles, w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";
import { NoAccount } from "./no-account.tsx";
import { o, statuses } from "./own-words.ts";
import { a } from "./words.ts";

interface Enterprise {
  name: string;
  uscc: string | null;
  customs_reg_no: string | null;
  ciq_no: string | null;
}
interface AccountJson {
  username: string;
  role: string;
  status: string;
  mobile: string | null;
  email: string | null;
  person_name: string | null;
  customs_codes: string[];
  yard_ids: string[];
  created_at: string;
  enterprise: Enterprise | null;
  card_no: string | null;
}

export function OwnData() {
  const say = useSay();
  const queries = useQueryClient();
  const { message } = App.useApp();
  const [editing, setEditing] = useState(false);
  const own = useQuery({ queryKey: ["account"], queryFn: () => dataAs<AccountJson>(api.GET("/api/v1/account")), retry: false });
  if (own.isPending) return <Waiting />;
  if (own.isError) return <NoAccount error={own.error} again={() => void own.refetch()} />;
  const { data } = own;
  const facts: [Text, React.ReactNode][] = [
    [o.username, data.username],
    [o.role, say(roles[data.role] ?? w.view)],
    [o.status, say(statuses[data.status] ?? o.none)],
    [o.name, data.person_name],
    [o.mobile, data.mobile],
    [o.email, data.email],
    [o.boundCard, data.card_no],
    ...(data.customs_codes.length > 0 ? [[o.offices, data.customs_codes.map((code) => <span key={code}><CodeName of={{ table: "customs_office" }} code={code} /> </span>)] as [Text, React.ReactNode]] : []),
    ...(data.yard_ids.length > 0 ? [[o.yards, data.yard_ids.join(" ")] as [Text, React.ReactNode]] : []),
    ...(data.enterprise
      ? ([[o.enterprise, data.enterprise.name], [o.uscc, data.enterprise.uscc], [o.customsRegNo, data.enterprise.customs_reg_no], [o.ciqNo, data.enterprise.ciq_no]] as [Text, React.ReactNode][])
      : []),
    [o.since, instant(data.created_at)],
  ];
  return (
    <section className="section">
      <dl className="facts">
        {facts.map(([label, value]) => (
          <div key={label[0]}>
            <dt>{say(label)}</dt>
            <dd>{value ?? <span className="empty">{say(o.none)}</span>}</dd>
          </div>
        ))}
      </dl>
      <div className="actions">
        <Button onClick={() => setEditing(true)}>{say(o.edit)}</Button>
      </div>
      {editing && (
        <FormDialog
          title={say(o.data)}
          fields={[
            { name: "person_name", label: o.name, kind: { is: "text", max: 50 } },
            { name: "email", label: a.email, kind: { is: "text", max: 100 } },
          ]}
          start={{ person_name: data.person_name ?? "", email: data.email ?? "" }}
          label={o.save}
          submit={async (values) => {
            await api.PUT("/api/v1/account", { body: { person_name: textOr(values.person_name), email: textOr(values.email) } });
            void message.success(say(o.saved));
            await queries.invalidateQueries({ queryKey: ["account"] });
          }}
          close={() => setEditing(false)}
        />
      )}
    </section>
  );
}
