// 录入页: actions on top, header groups, row form above the row table, hint line at the bottom (PO-240..PO-249). New records, saved ones and changes of
// approved ones are one page: what may be done comes from the record's `actions`.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";
import { flushSync } from "react-dom";
import { useLocation, useParams } from "react-router";
import { kindOf } from "../frame/new-copy.ts";
import { useTab, useTabs } from "../frame/tabs.tsx";
import { EntryForm, type Opened } from "./entry-form.tsx";
import type { Manual } from "./description.ts";
import { draftFrom, draftOf, emptyDraft, overFrom } from "./draft.ts";
import { allFilled } from "./filling.ts";
import type { Cursor } from "./keys.ts";
import type { Stored } from "./use-entry.ts";
import { Failed, Waiting } from "./states.tsx";
import { useGone } from "./use-removal.tsx";
import { forget, keptCopy } from "./working-copy.ts";

/** What a copied record leaves for the page that opens with it. */
const copied = new Map<string, Record<string, unknown>>();
export const leaveCopied = (copy: string, content: Record<string, unknown>) => void copied.set(copy, content);

export function EntryPage({ manual }: { manual: Manual }) {
  const { number, copy } = useParams();
  const { pathname } = useLocation();
  const purpose = number === undefined ? "new" : pathname.endsWith("/change") ? "change" : "edit";
  const key = number ?? copy ?? "";
  const tab = useTab();
  const tabs = useTabs();
  const queries = useQueryClient();
  const opened = useQuery({
    queryKey: ["entry", manual.slug, key, purpose],
    queryFn: async (): Promise<Opened> => {
      const record = number ? await manual.calls.show(number) : null;
      const copyKept = await keptCopy(manual.name, key);
      const from = number ? null : copied.get(key);
      const start = record ? draftOf(manual, record) : from ? allFilled(manual, draftOf(manual, from)) : emptyDraft({ ...kindOf(manual.kinds, copy)?.values });
      const kept = draftFrom(copyKept?.content);
      return { record, start, kept: kept && copyKept ? { draft: kept, over: overFrom(copyKept.content), at: copyKept.updated_at } : null, isCopied: from !== undefined && from !== null };
    },
    staleTime: Infinity,
    gcTime: 0,
  });

  const saved = useCallback(
    ({ record, typedSince }: Stored, cursor: Cursor | null) => {
      copied.delete(key);
      void queries.invalidateQueries({ queryKey: [manual.slug] });
      if (number !== undefined) return;
      const savedNumber = String(record[manual.number]);
      // The page of the record begins with what is here, and with the cursor where it is: nobody has to wait to type on.
      queries.setQueryData<Opened>(["entry", manual.slug, savedNumber, "edit"], { record, start: draftOf(manual, record), kept: null, isCopied: false, goesOn: { typed: typedSince, cursor } });
      flushSync(() => tabs.move(tab.key, `/${manual.slug}/${savedNumber}/edit`));
    },
    [key, manual, number, queries, tab.key, tabs],
  );
  const afterwards = useGone(manual);
  const gone = useCallback(() => {
    // What was typed into it goes with it.
    tabs.setDirty(tab.key, false);
    void afterwards([key]);
    tabs.open(`/${manual.slug}`);
  }, [afterwards, key, manual.slug, tab.key, tabs]);

  // A page that was left with nothing typed leaves no copy behind.
  const dirty = useRef(false);
  useEffect(() => () => void (number === undefined && !dirty.current && copied.delete(key)), [key, number]);

  if (opened.isPending) return <Waiting again={() => void opened.refetch()} />;
  if (opened.isError) return <Failed error={opened.error} again={() => void opened.refetch()} />;
  return (
    <EntryForm
      key={`${key} ${purpose} ${opened.dataUpdatedAt}`}
      manual={manual}
      copyKey={key}
      purpose={purpose}
      opened={opened.data}
      onSaved={saved}
      onGone={gone}
      onForget={() => void forget(manual.name, key)}
    />
  );
}
