// 首页: what I have not saved, what waits for me, what is announced.
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { PageTitle } from "../frame/page-title.tsx";
import { api, dataAs } from "../api/client.ts";
import { Empty, Failed, Waiting } from "../declaration/states.tsx";
import { instant } from "../declaration/show.ts";
import { StatusMark } from "../declaration/status.tsx";
import { addressOfCopy, useUnsaved } from "../declaration/unsaved.tsx";
import { NewButton } from "../declaration/new-button.tsx";
import { useTabs } from "../frame/tabs.tsx";
import { manuals, type ManualEntry } from "../manuals.ts";
import { NoticeList } from "../notices/notice-list.tsx";
import { isDeclarant, isOfficer, seesGates, usePerson } from "../session/session.tsx";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import { y } from "../yard/words.ts";

interface Announcement {
  number?: number | string;
  id?: number | string;
  title: string;
  kind: string;
  body?: string;
  published_at?: string;
}

export default function Start() {
  const say = useSay();
  const person = usePerson();
  const tabs = useTabs();
  return (
    <div className="start">
      <PageTitle>{say(w.start)}</PageTitle>
      <h2>{say(w.hello, { name: person.username })}</h2>
      <div className="cards">
        {isDeclarant(person) && manuals.map((manual) => <ManualCard key={manual.slug} manual={manual} />)}
        {isOfficer(person) && (
          <section className="card">
            <h3>{say(w.desk)}</h3>
            <Button type="primary" onClick={() => tabs.open("/desk")}>{say(w.work)}</Button>
          </section>
        )}
        {seesGates(person) && (
          <section className="card">
            <h3>{say(y.live)}</h3>
            <div className="actions">
              <Button type="primary" onClick={() => tabs.open("/yard")}>{say(y.lanes)}</Button>
              <Button onClick={() => tabs.open("/yard/passages")}>{say(y.passages)}</Button>
            </div>
          </section>
        )}
        <section className="card">
          <h3>{say(w.notices)}</h3>
          <NoticeList openOnly size={5} />
        </section>
        <section className="card">
          <h3>{say(w.announcements)}</h3>
          <Announcements />
        </section>
      </div>
    </div>
  );
}

function ManualCard({ manual }: { manual: ManualEntry }) {
  const say = useSay();
  const tabs = useTabs();
  const unsaved = useUnsaved(manual);
  const items = unsaved.data?.items ?? [];
  return (
    <section className="card">
      <h3>{say(manual.title)}</h3>
      <p className="actions">
        <NewButton slug={manual.slug} kinds={manual.kinds} />
        <Button onClick={() => tabs.open(`/${manual.slug}`)}>{say(w.query)}</Button>
      </p>
      <Counts manual={manual} />
      <h4>{say(w.unsaved)}</h4>
      {unsaved.isError && <Failed error={unsaved.error} again={() => void unsaved.refetch()} />}
      {unsaved.isSuccess && items.length === 0 && <p className="empty">{say(w.noUnsaved)}</p>}
      <ul className="plain">
        {items.map((copy) => (
          <li key={copy.key}>
            <button type="button" className="link" onClick={() => tabs.open(addressOfCopy(manual, copy.key))}>
              {copy.key.startsWith("new-") ? say(manual.newTitle) : copy.key}
            </button>{" "}
            <span className="digits">{instant(copy.updated_at)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** How many of my records are in which status, each a link to them. */
function Counts({ manual }: { manual: ManualEntry }) {
  const tabs = useTabs();
  const counts = useQuery({
    queryKey: [manual.slug, "counts", {}],
    queryFn: async () => {
      const described = await manual.describe();
      return { described, items: (await described.calls.counts?.({}))?.items ?? [] };
    },
  });
  if (counts.isPending) return <Waiting />;
  if (counts.isError) return <Failed error={counts.error} again={() => void counts.refetch()} />;
  return (
    <ul className="counts">
      {counts.data.items.filter((item) => item.count > 0).map((item) => (
        <li key={item.status}>
          <button type="button" className="link" onClick={() => tabs.open(`/${manual.slug}?status=${item.status}&page=1&page_size=10`)}>
            <StatusMark manual={counts.data.described} status={item.status} /> {item.count}
          </button>
        </li>
      ))}
    </ul>
  );
}

function Announcements() {
  const say = useSay();
  const list = useQuery({ queryKey: ["announcements"], queryFn: () => dataAs<{ items: Announcement[] }>(api.GET("/api/v1/announcements", { params: { query: {} } })) });
  if (list.isPending) return <Waiting />;
  if (list.isError) return <Failed error={list.error} again={() => void list.refetch()} />;
  if (list.data.items.length === 0) return <p className="empty">{say(w.noAnnouncements)}</p>;
  return (
    <ul className="plain">
      {list.data.items.slice(0, 8).map((item) => (
        <li key={String(item.number ?? item.id)}>
          <details>
            <summary>
              {item.title} <small className="digits">{instant(item.published_at).slice(0, 10).replaceAll("-", "/")}</small>
            </summary>
            <Body number={String(item.number ?? item.id)} />
          </details>
        </li>
      ))}
    </ul>
  );
}

function Body({ number }: { number: string }) {
  const shown = useQuery({ queryKey: ["announcements", number], queryFn: () => dataAs<Announcement>(api.GET("/api/v1/announcements/{number}", { params: { path: { number: number as never } } })) });
  if (shown.isPending) return <Waiting />;
  if (shown.isError) return <Failed error={shown.error} />;
  return shown.data.body ? <p className="announcement">{shown.data.body}</p> : <Empty />;
}
