// 登录管理: where this account is logged in, and the end of each of it (PO-070).
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Tag } from "antd";
import { api, dataAs } from "../api/client.ts";
import { instant } from "../declaration/show.ts";
import { Waiting } from "../declaration/states.tsx";
import { PlainTable } from "../form/plain-table.tsx";
import { useSession } from "../session/session.tsx";
import { useSay } from "../words/language.tsx";
import { useConfirm } from "../form/use-confirm.tsx";
import { deviceOf } from "./device-name.ts";
import { NoAccount } from "./no-account.tsx";
import { logins, o } from "./own-words.ts";

interface SessionJson {
  id: string;
  login: string;
  created_at: string;
  seen_at: string;
  device: string | null;
  address: string | null;
  this: boolean;
}

export function Devices() {
  const say = useSay();
  const queries = useQueryClient();
  const { leave } = useSession();
  const { message } = App.useApp();
  const confirm = useConfirm();
  const list = useQuery({ queryKey: ["account", "sessions"], queryFn: () => dataAs<{ items: SessionJson[] }>(api.GET("/api/v1/account/sessions")), retry: false, staleTime: 0 });
  if (list.isPending) return <Waiting />;
  if (list.isError) return <NoAccount error={list.error} again={() => void list.refetch()} />;
  const end = (session: SessionJson) => {
    confirm({
      title: say(o.endAsk),
      what: session.this ? say(o.endThis) : deviceOf(session.device),
      label: say(o.endOne),
      act: async () => {
        if (session.this) return leave();
        await api.DELETE("/api/v1/account/sessions/{session_id}", { params: { path: { session_id: session.id } } });
        void message.success(say(o.ended));
        await queries.invalidateQueries({ queryKey: ["account", "sessions"] });
      },
    });
  };
  return (
    <PlainTable
      label={o.devices}
      rows={list.data.items}
      rowKey={(session) => session.id}
      columns={[
        { name: "device", label: o.device, show: (session) => <>{deviceOf(session.device)} {session.this && <Tag color="blue">{say(o.thisOne)}</Tag>}</> },
        { name: "login", label: o.login, show: (session) => say(logins[session.login] ?? o.none) },
        { name: "address", label: o.address, show: (session) => session.address },
        { name: "created_at", label: o.began, show: (session) => instant(session.created_at) },
        { name: "seen_at", label: o.seen, show: (session) => instant(session.seen_at) },
      ]}
      operations={(session) => <button type="button" className="link" data-danger onClick={() => end(session)}>{say(o.endOne)}</button>}
    />
  );
}
