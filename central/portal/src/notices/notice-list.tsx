// 通知: what concerns me; one that is tied to a record leads to it, and stays open until the record leaves the state that caused it (PO-282).
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Pagination } from "antd";
import { useState } from "react";
import { api, dataAs } from "../api/client.ts";
import { Empty, Failed, Waiting } from "../declaration/states.tsx";
import { instant } from "../declaration/show.ts";
import { useTabs } from "../frame/tabs.tsx";
import { addressOf } from "../manuals.ts";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";

interface Notice {
  id: string;
  created_at: string;
  title: string;
  body: string;
  record: { manual: string; number: string; status: string } | null;
  open: boolean;
  read: boolean;
}

interface Props {
  openOnly: boolean;
  size: number;
}

export function NoticeList({ openOnly, size }: Props) {
  const say = useSay();
  const tabs = useTabs();
  const queries = useQueryClient();
  const [page, setPage] = useState(1);
  const query = { page, page_size: size, ...(openOnly ? { open: true } : {}) };
  const list = useQuery({ queryKey: ["notices", "list", query], queryFn: () => dataAs<{ items: Notice[]; total: number }>(api.GET("/api/v1/notices", { params: { query } })) });
  if (list.isPending) return <Waiting />;
  if (list.isError) return <Failed error={list.error} again={() => void list.refetch()} />;
  if (list.data.items.length === 0) return <Empty />;
  const mark = async (notice: Notice) => {
    const of = { params: { path: { id: notice.id } } };
    await (notice.read ? api.DELETE("/api/v1/notices/{id}/read", of) : api.PUT("/api/v1/notices/{id}/read", of));
    await queries.invalidateQueries({ queryKey: ["notices"] });
  };
  return (
    <>
      <ul className="plain notices">
        {list.data.items.map((notice) => {
          const to = notice.record ? addressOf(notice.record.manual, notice.record.number) : null;
          return (
            <li key={notice.id} data-read={notice.read}>
              {notice.record && <span className="tag" data-open={notice.open}>{say(notice.open ? w.open : w.done)}</span>}
              <strong>{notice.title}</strong> <small className="digits">{instant(notice.created_at)}</small>
              {notice.body && <p>{notice.body}</p>}
              <span className="actions">
                {to && <Button size="small" type="link" onClick={() => tabs.open(to)}>{`${say(w.record)} ${notice.record?.number}`}</Button>}
                <Button size="small" type="link" onClick={() => void mark(notice)}>{say(notice.read ? w.markUnread : w.markRead)}</Button>
              </span>
            </li>
          );
        })}
      </ul>
      {list.data.total > size && <Pagination size="small" current={page} pageSize={size} total={list.data.total} showSizeChanger={false} onChange={setPage} />}
    </>
  );
}
