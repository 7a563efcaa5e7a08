// 关员待办: the manuals with what waits of each, the work list on the left, the record on the right, the next record after each decision. Every
// decision is signed (PO-111). The manual stands in the address, so that a link leads to its list.
import { useQueries, useQueryClient } from "@tanstack/react-query";
import { Segmented } from "antd";
import { useEffect, useRef, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { Refusal } from "../api/problem.ts";
import type { Asked } from "../declaration/conditions.tsx";
import type { Listing, RecordJson } from "../declaration/description.ts";
import { Failed, Waiting } from "../declaration/states.tsx";
import { PageTitle } from "../frame/page-title.tsx";
import { useTab } from "../frame/tabs.tsx";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import { BulkDecision, Decision } from "./decision.tsx";
import type { DeskManual } from "./description.ts";
import { deskManuals } from "./manuals.ts";
import { d } from "./words.ts";
import { WorkList } from "./work-list.tsx";

/** The lists are looked at again this often while somebody sits at them. */
const AGAIN_MS = 15_000;
/** Records of one list that are shown at once. */
const MOST = 100;

export default function Desk() {
  const say = useSay();
  const tab = useTab();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const [filters, setFilters] = useState<Record<string, Asked>>({});
  const lists = useQueries({
    queries: deskManuals.map((one) => {
      const filter = filters[one.manual.slug] ?? {};
      return {
        queryKey: ["desk", one.manual.slug, filter],
        queryFn: () => one.list({ ...filter, page: "1", page_size: String(MOST) }),
        refetchInterval: () => (tab.isActive && document.hasFocus() ? AGAIN_MS : (false as const)),
        retry: false,
      };
    }),
  });
  // Who has not chosen gets the first manual of which something waits.
  const waiting = lists.findIndex((list) => (list.data?.total ?? 0) > 0);
  const asked = deskManuals.findIndex((one) => one.manual.slug === search.get("manual"));
  const settled = useRef<number | null>(null);
  const place = asked >= 0 ? asked : (settled.current ?? Math.max(0, waiting));
  useEffect(() => {
    if (waiting >= 0) settled.current ??= waiting;
  }, [waiting]);
  const [of, list] = [deskManuals[place], lists[place]];
  if (!of || !list) return null;
  const counted = (one: DeskManual, at: number) => `${say(one.short)} ${lists[at]?.data?.total ?? ""}`.trim();
  return (
    <div className="desk-page">
      <PageTitle>{say(w.desk)}</PageTitle>
      {deskManuals.length > 1 && (
        <Segmented aria-label={say(d.manuals)} value={of.manual.slug} options={deskManuals.map((one, at) => ({ value: one.manual.slug, label: counted(one, at) }))} onChange={(slug) => void navigate(`/desk?manual=${slug}`)} />
      )}
      <Work key={of.manual.slug} of={of} list={list} filter={filters[of.manual.slug] ?? {}} setFilter={(filter) => setFilters((old) => ({ ...old, [of.manual.slug]: filter }))} />
    </div>
  );
}

type List = { data: Listing | undefined; error: unknown; isPending: boolean; refetch: () => Promise<{ data?: Listing | undefined }> };

function Work({ of, list, filter, setFilter }: { of: DeskManual; list: List; filter: Asked; setFilter: (filter: Asked) => void }) {
  const say = useSay();
  const queries = useQueryClient();
  const [chosen, setChosen] = useState<string | null>(null);
  const [ticked, setTicked] = useState(new Set<string>());
  const page = useRef<HTMLDivElement>(null);
  const items = list.data?.items ?? [];
  const numberOf = (item: RecordJson) => String(item[of.manual.number]);
  const together = items.filter((item) => ticked.has(numberOf(item)));
  const refusal = list.error ? Refusal.of(list.error) : null;
  const again = async () => {
    await queries.invalidateQueries({ queryKey: ["desk"] });
    await queries.invalidateQueries({ queryKey: [of.manual.slug] });
  };
  /** The next one, before the list is fetched anew: the record stays under the officer's eyes in the order that was shown. */
  const decided = async (numbers: Set<string>) => {
    const last = items.findLastIndex((item) => numbers.has(numberOf(item)));
    const rest = items.filter((item) => !numbers.has(numberOf(item)));
    const next = items.slice(last + 1).find((item) => !numbers.has(numberOf(item))) ?? rest.at(-1);
    setTicked(new Set());
    if (next) setChosen(numberOf(next));
    await again();
    // What was accepted for handling waits for its decision still: it stays, when nothing else is there.
    const left = (await list.refetch()).data?.items ?? [];
    const number = next ? numberOf(next) : (left.map(numberOf).find((one) => numbers.has(one)) ?? null);
    setChosen(number);
    // The keyboard goes on where the eyes are.
    setTimeout(() => page.current?.querySelector<HTMLElement>(number ? `[data-number="${number}"]` : "h2")?.focus());
  };
  return (
    <div className="desk" ref={page}>
      <WorkList
        of={of}
        listing={list.data}
        refusal={refusal}
        chosen={together.length > 0 ? null : chosen}
        ticked={ticked}
        filter={filter}
        choose={(number) => { setTicked(new Set()); setChosen(number); }}
        tick={setTicked}
        setFilter={setFilter}
        reload={() => void list.refetch()}
      />
      <section className="work-record" aria-label={say(w.record)}>
        {list.isPending && <Waiting again={() => void list.refetch()} />}
        {refusal && <Failed error={refusal} again={() => void list.refetch()} />}
        {together.length > 0 ? (
          <BulkDecision of={of} records={together} decided={() => decided(new Set(together.map(numberOf)))} stale={() => void again()} />
        ) : chosen ? (
          <Decision key={chosen} of={of} number={chosen} decided={() => decided(new Set([chosen]))} />
        ) : (
          !refusal && !list.isPending && <p className="empty">{say(w.pickOne)}</p>
        )}
      </section>
    </div>
  );
}
