// 录入草稿留存: what is typed goes to the centre one second after the last key and on leaving a field, so that it outlives crash, lapse and pulled card.
import { useCallback, useEffect, useState } from "react";
import { api, dataAs } from "../api/client.ts";
import { useSession } from "../session/session.tsx";
import { Keeper, type Keeping } from "./keeper.ts";

export interface Copy {
  key: string;
  updated_at: string;
  content: unknown;
}

/** The copy that is kept under this name; none when there is none. */
export async function keptCopy(manual: string, key: string): Promise<Copy | null> {
  // Asked by the list: a copy that is not there is no refusal then.
  const mine = await dataAs<{ items: Copy[] }>(api.GET("/api/v1/working-copies", { params: { query: { manual } } }));
  if (!mine.items.some((copy) => copy.key === key)) return null;
  return dataAs<Copy>(api.GET("/api/v1/working-copies/{manual}/{key}", { params: { path: { manual, key } } }));
}

export const forget = (manual: string, key: string) => api.DELETE("/api/v1/working-copies/{manual}/{key}", { params: { path: { manual, key } } }).catch(() => undefined);

/** Says to the centre which copy a record was typed in; the write that succeeds ends it. */
export const savedFrom = (manual: string, key: string): Record<string, string> => ({ "X-Working-Copy": `${manual}/${key}` });

/** `over`: which version of the record is typed over, and what it had. */
export function useKeeping(manual: string, key: string, content: unknown, dirty: boolean, over: object) {
  const { state } = useSession();
  const [keeping, setKeeping] = useState<Keeping>({ state: "nothing" });
  const [keeper] = useState(() => new Keeper(manual, key, setKeeping));
  const isOpen = state.kind === "open";
  useEffect(() => keeper.setOpen(isOpen), [isOpen, keeper]);
  useEffect(() => keeper.setOver(over), [keeper, over]);
  useEffect(() => {
    if (dirty) keeper.hear(content);
  }, [content, dirty, keeper]);
  useEffect(() => {
    const goes = () => void keeper.leave(true);
    const hidden = () => document.hidden && goes();
    window.addEventListener("pagehide", goes);
    document.addEventListener("visibilitychange", hidden);
    return () => {
      window.removeEventListener("pagehide", goes);
      document.removeEventListener("visibilitychange", hidden);
      // A tab that is closed has said that everything is kept.
      goes();
    };
  }, [keeper]);
  const leave = useCallback(() => void keeper.leave(), [keeper]);
  return { keeping, leave, keeper };
}
