// 待办清单: what waits of one manual; up and down walk through it, a tick puts a record among those that get one act together.
import { FilterOutlined, ReloadOutlined } from "@ant-design/icons";
import { Alert, Button } from "antd";
import { useState } from "react";
import type { Refusal } from "../api/problem.ts";
import { Conditions, type Asked } from "../declaration/conditions.tsx";
import type { Listing, RecordJson } from "../declaration/description.ts";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { DeskManual } from "./description.ts";
import { useNow, Waits } from "./waiting.tsx";
import { d } from "./words.ts";

interface Props {
  of: DeskManual;
  listing: Listing | undefined;
  refusal: Refusal | null;
  chosen: string | null;
  ticked: Set<string>;
  filter: Asked;
  choose: (number: string) => void;
  tick: (ticked: Set<string>) => void;
  setFilter: (filter: Asked) => void;
  reload: () => void;
}

export function WorkList({ of, listing, refusal, chosen, ticked, filter, choose, tick, setFilter, reload }: Props) {
  const say = useSay();
  const now = useNow();
  const [filters, setFilters] = useState(false);
  const [typed, setTyped] = useState<Asked>(filter);
  const items = listing?.items ?? [];
  const numberOf = (record: RecordJson) => String(record[of.manual.number]);
  const toggle = (number: string) => {
    const next = new Set(ticked);
    if (!next.delete(number)) next.add(number);
    tick(next);
  };
  const walk = (event: React.KeyboardEvent<HTMLUListElement>) => {
    const by = event.code === "ArrowDown" ? 1 : event.code === "ArrowUp" ? -1 : 0;
    const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>(".work-item")];
    const to = buttons[buttons.indexOf(event.target as HTMLElement) + by];
    if (by === 0 || !to) return;
    event.preventDefault();
    to.focus();
  };
  const query = () => setFilter(Object.fromEntries(Object.entries(typed).filter(([, value]) => value.trim() !== "")));
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <section className="work" aria-label={say(w.work)}>
      <div className="actions">
        <h2>{`${say(of.short)} · ${say(w.work)} ${listing?.total ?? ""}`}</h2>
        <span className="grow" />
        <Button size="small" icon={<FilterOutlined />} type={isFiltered ? "primary" : "default"} aria-expanded={filters} onClick={() => setFilters(!filters)}>{say(isFiltered ? d.filtered : d.filter)}</Button>
        <Button size="small" icon={<ReloadOutlined />} aria-label={say(w.reload)} title={say(w.reload)} onClick={reload} />
      </div>
      {filters && <Conditions conditions={of.conditions} typed={typed} faults={refusal?.fields ?? []} onChange={setTyped} onQuery={query} onReset={() => setTyped({})} />}
      {listing && items.length === 0 && <p className="empty">{say(w.noWork)}</p>}
      <ul className="plain" onKeyDown={walk}>
        {items.map((item) => {
          const number = numberOf(item);
          const { name, more, tags } = of.line(item);
          return (
            <li key={number} className="work-row">
              {of.inBulk && <input type="checkbox" className="work-tick" aria-label={say(d.tickOne, { name: `${name} ${number}` })} checked={ticked.has(number)} onChange={() => toggle(number)} />}
              <button type="button" className="work-item" data-number={number} aria-current={chosen === number} onClick={() => choose(number)}>
                <strong>{name}</strong> {(tags ?? []).map((tag) => <span className="tag" key={tag[0]}>{say(tag)}</span>)}
                {more && <span>{more}</span>}
                <span className="digits">{number}</span>
                <Waits of={of} record={item} now={now} />
              </button>
            </li>
          );
        })}
      </ul>
      {listing && listing.total > items.length && <Alert type="info" title={say(d.firstOnly, { count: items.length })} />}
    </section>
  );
}
