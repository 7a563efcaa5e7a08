// 删除: asked first, naming what goes; a refusal is told with its reasons. What was deleted, here or elsewhere, is not asked for again, and its tab goes.
import { useQueryClient } from "@tanstack/react-query";
import { App } from "antd";
import { useCallback, useEffect, useRef } from "react";
import { Refusal, saidOf } from "../api/problem.ts";
import { useTab, useTabs } from "../frame/tabs.tsx";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { Manual } from "./description.ts";

/** What is to be done once records are no more: lists are looked at again, the records themselves are not, and their tabs close. */
export function useGone(manual: Manual) {
  const queries = useQueryClient();
  const { gone } = useTabs();
  return useCallback(
    (numbers: string[]) => {
      gone(numbers.map((number) => `${manual.slug}/${number}`));
      return queries.invalidateQueries({ queryKey: [manual.slug], predicate: ({ queryKey }) => !numbers.some((number) => queryKey.includes(number)) });
    },
    [gone, manual.slug, queries],
  );
}

/** Says that the record of this page was deleted elsewhere, once it was there, and closes its tab. */
export function useGoneElsewhere(manual: Manual, number: string, isGone: boolean) {
  const say = useSay();
  const { modal } = App.useApp();
  const tab = useTab();
  const { gone } = useTabs();
  const told = useRef(false);
  useEffect(() => {
    if (!isGone || told.current) return;
    told.current = true;
    modal.info({ title: say(w.goneElsewhere, { number }), okText: say(w.confirm) });
    gone([tab.key]);
  }, [gone, isGone, manual, modal, number, say, tab.key]);
}

/** Asks in the manual's words, deletes, says so, and goes on with `done`. */
export function useRemoval(manual?: Manual) {
  const say = useSay();
  const { modal, message } = App.useApp();
  return (what: string, remove: () => Promise<unknown>, done: () => unknown, status?: string) =>
    modal.confirm({
      title: say(manual?.removal?.ask ?? w.deleteAsk),
      content: status === "SAVED" && manual?.removal ? <><p>{what}</p><p>{say(manual.removal.ofSaved)}</p></> : what,
      okText: say(w.remove),
      okButtonProps: { danger: true },
      cancelText: say(w.cancel),
      autoFocusButton: "cancel",
      onOk: () =>
        remove().then(
          () => {
            void message.success(say(w.deleted));
            return done();
          },
          (error: unknown) => {
            const { text, fields } = Refusal.of(error);
            const lines = fields.map((fault) => say(saidOf(fault)));
            modal.error({ title: say(text), content: lines.length > 0 ? <ul>{lines.map((line) => <li key={line}>{line}</li>)}</ul> : null });
          },
        ),
    });
}
