// 管理页: the list of a subject with its conditions, what can be done to each, and the form for it. Conditions live in the address.
import { PlusOutlined, ReloadOutlined } from "@ant-design/icons";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Modal } from "antd";
import { useEffect, useState, type ReactNode } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { Refusal } from "../api/problem.ts";
import { CodeName } from "../declaration/codes.ts";
import { Conditions } from "../declaration/conditions.tsx";
import type { Condition, Listing, Values } from "../declaration/description.ts";
import { Paging } from "../declaration/paging.tsx";
import { instant } from "../declaration/show.ts";
import { Failed, Waiting } from "../declaration/states.tsx";
import { FormDialog } from "../form/form-dialog.tsx";
import type { PlainField } from "../form/plain-form.tsx";
import { PlainTable, type PlainColumn } from "../form/plain-table.tsx";
import { useConfirm } from "../form/use-confirm.tsx";
import { PageTitle } from "../frame/page-title.tsx";
import { useSettings } from "../frame/settings.tsx";
import { useTab, useTabs } from "../frame/tabs.tsx";
import { usePerson } from "../session/session.tsx";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import { plain } from "../words/words.ts";
import { asPage, str, strs, type Act, type Asked, type Row, type Subject, type SubjectColumn } from "./subject.ts";
import { m } from "./words.ts";

const filled = (asked: Asked): Asked => Object.fromEntries(Object.entries(asked).flatMap(([name, value]) => (value.trim() === "" ? [] : [[name, value.trim()]])));

export function SubjectPage({ subject, path = `/admin/${subject.slug}` }: { subject: Subject; path?: string }) {
  const say = useSay();
  const person = usePerson();
  const tab = useTab();
  const tabs = useTabs();
  const navigate = useNavigate();
  const settings = useSettings();
  const queries = useQueryClient();
  const confirm = useConfirm();
  const { message } = App.useApp();
  const [search] = useSearchParams();
  const asked = Object.fromEntries(search.entries());
  const { page: _page, page_size: _size, ...conditions } = asked;
  const [typed, setTyped] = useState<Asked>(conditions);
  const [act, setAct] = useState<{ act: Act; row: Row; fields: PlainField[]; start: Values } | null>(null);
  const [answered, setAnswered] = useState<{ act: Act; title: string; answer: unknown } | null>(null);
  const [detail, setDetail] = useState<Row | null>(null);
  const told = useQuery({
    queryKey: [subject.slug, "conditions"],
    queryFn: () => (typeof subject.conditions === "function" ? subject.conditions() : Promise.resolve<Condition[]>(subject.conditions)),
    initialData: typeof subject.conditions === "function" ? undefined : subject.conditions,
  });
  const ready = (subject.needs ?? []).every((name) => asked[name]);
  const list = useQuery({
    queryKey: [subject.slug, "list", asked],
    queryFn: () => subject.list({ page_size: String(settings.pageSize), ...asked }).then(asPage),
    enabled: ready,
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 0,
  });
  // An address that was followed from elsewhere brings its own conditions.
  useEffect(() => {
    const { page: _page, page_size: _size, ...now } = Object.fromEntries(search.entries());
    setTyped(now);
  }, [search]);
  const { refetch, isFetched } = list;
  useEffect(() => {
    if (tab.isActive && isFetched) void refetch();
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [tab.isActive]);

  const go = (next: Asked) => void navigate(`${path}?${new URLSearchParams(next).toString()}`);
  const query = () => {
    const next = { ...filled(typed), ...(asked.page_size ? { page_size: asked.page_size } : {}) };
    if (JSON.stringify(next) === JSON.stringify(asked)) void list.refetch();
    else go(next);
  };
  const changed = () => queries.invalidateQueries({ queryKey: [subject.slug] });
  const titleOf = (act: Act, row: Row) => [say(act.label), act.onList ? "" : subject.id(row)].filter(Boolean).join(" ");
  const leadOf = ({ lead: Lead }: Act, row: Row): ReactNode => (typeof Lead === "function" ? <Lead row={row} /> : Lead && <p>{say(Lead)}</p>);
  const perform = async (act: Act, row: Row, values: Values) => {
    try {
      const answer = await act.run(values, row, asked);
      if (act.Answer) setAnswered({ act, title: titleOf(act, row), answer });
      else void message.success(say(m.done));
    } catch (error) {
      // What was looked at is not so any more: what there is now stands behind the refusal.
      if (Refusal.of(error).status === 409) void changed();
      throw error;
    }
    await changed();
  };
  const begin = async (act: Act, row: Row) => {
    if (act.to) return tabs.open(act.to(row));
    if (act.fields) {
      try {
        const fields = typeof act.fields === "function" ? await act.fields(row) : act.fields;
        return setAct({ act, row, fields, start: (await act.start?.(row, asked)) ?? {} });
      } catch (error) {
        return void message.error(say(Refusal.of(error).text));
      }
    }
    confirm({
      title: titleOf(act, row),
      what: leadOf(act, row),
      label: say(act.label),
      danger: act.danger ?? false,
      act: () => perform(act, row, {}),
    });
    return undefined;
  };
  const onRow = subject.acts.filter((act) => !act.onList);
  const operations = (row: Row) => (
    <>
      {subject.detail && <button type="button" className="link" onClick={() => setDetail(row)}>{say(subject.detail.label)}</button>}
      {onRow.filter((act) => act.shows?.(row, person, asked) ?? true).map((act) => (
        <button key={act.name} type="button" className="link" data-danger={act.danger} onClick={() => void begin(act, row)}>{say(act.label)}</button>
      ))}
    </>
  );
  const refusal = list.isError ? Refusal.of(list.error) : null;
  const hasOperations = onRow.length > 0 || subject.detail !== undefined;
  return (
    <div className="subject query">
      <PageTitle>{say(subject.title)}</PageTitle>
      {subject.lead && <p className="lead">{say(subject.lead)}</p>}
      {told.data && told.data.length > 0 && <Conditions conditions={told.data} typed={typed} faults={refusal?.fields ?? []} onChange={setTyped} onQuery={query} onReset={() => setTyped({})} />}
      <div className="actions bar">
        {subject.acts.filter((act) => act.onList && !list.data?.closed && (act.shows?.({}, person, asked) ?? true)).map((act, place) => (
          <Button key={act.name} type={place === 0 ? "primary" : "default"} icon={place === 0 ? <PlusOutlined /> : undefined} onClick={() => void begin(act, {})}>{say(act.label)}</Button>
        ))}
        <span className="grow" />
        <Button icon={<ReloadOutlined />} aria-label={say(w.reload)} title={say(w.reload)} loading={list.isFetching} disabled={!ready} onClick={() => void list.refetch()} />
      </div>
      {refusal && (refusal.fields.length === 0 ? <Failed error={refusal} again={() => void list.refetch()} /> : <Alert type="error" showIcon title={say(refusal.text)} />)}
      {list.data?.closed && <Alert type="info" showIcon title={say(list.data.closed)} />}
      {!ready && <p className="empty">{say(m.pickFirst)}</p>}
      {ready && list.isPending && <Waiting again={() => void list.refetch()} />}
      {ready && list.data && !refusal && (
        <>
          <PlainTable label={subject.title} columns={subject.columns.map(columnOf)} rows={list.data.items} rowKey={subject.id} operations={hasOperations ? operations : undefined} />
          <Paging listing={list.data as unknown as Listing} turn={(page, size) => go({ ...asked, page: String(page), page_size: String(size) })} countAll={() => undefined} />
          {subject.Foot && <subject.Foot asked={asked} page={list.data} />}
        </>
      )}
      {act && (
        <FormDialog
          title={titleOf(act.act, act.row)}
          lead={leadOf(act.act, act.row)}
          fields={act.fields}
          start={act.start}
          label={act.act.label}
          danger={act.act.danger}
          columns={act.act.columns ?? (act.fields.length > 4 ? 2 : 1)}
          submit={(values) => perform(act.act, act.row, values)}
          close={() => setAct(null)}
        />
      )}
      {answered?.act.Answer && (
        // Neither Escape nor a press beside it closes what is gone when it is closed.
        <Modal
          open
          title={answered.title}
          width={680}
          keyboard={false}
          closable={false}
          mask={{ closable: false }}
          footer={<Button type="primary" onClick={() => setAnswered(null)}>{say(m.keptClose)}</Button>}
          destroyOnHidden
        >
          <answered.act.Answer answer={answered.answer} />
        </Modal>
      )}
      <Modal open={detail !== null} title={detail ? `${say(subject.detail?.label ?? plain(""))} ${subject.id(detail)}` : ""} footer={null} width={920} onCancel={() => setDetail(null)} destroyOnHidden>
        {detail && subject.detail && <subject.detail.Body row={detail} />}
      </Modal>
    </div>
  );
}

function columnOf(column: SubjectColumn): PlainColumn<Row> {
  return { name: column.name, label: column.label, numeric: column.numeric, show: (row) => <Cell column={column} row={row} /> };
}

function Cell({ column: { name, as }, row }: { column: SubjectColumn; row: Row }) {
  const say = useSay();
  const value = row[name];
  if (typeof as === "function") return as(row);
  if (value === null || value === undefined || value === "") return null;
  if (as === "whole") return <span className="whole">{str(value)}</span>;
  if (as === "instant") return <span className="whole">{instant(value)}</span>;
  if (as === "yes") return say(value === true ? m.yes : m.no);
  if (as === "list") return strs(value).join(" ");
  if (typeof as === "object" && "words" in as) return say(as.words[str(value)] ?? plain(str(value)));
  if (typeof as === "object") {
    const codes = Array.isArray(value) ? strs(value) : [str(value)];
    return codes.map((code) => <div key={code}><CodeName of={as.code} code={code} /></div>);
  }
  return typeof value === "object" ? JSON.stringify(value) : str(value);
}
