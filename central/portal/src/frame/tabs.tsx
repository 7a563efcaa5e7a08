// 页签: each opened function is a tab (PO-180, PO-184..PO-186).
// Promises: the address is that of the tab in front; tabs come back after a reload; a page keeps its state while its tab is open; a tab with
// unsaved entries is never closed, nor its page replaced, without asking.
import { App } from "antd";
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useLocation, useNavigate } from "react-router";
import { usePerson } from "../session/session.tsx";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import { pageOf, START } from "./routes.ts";

export interface Tab {
  key: string;
  /** Path and conditions of its page. */
  address: string;
}

interface Tabs {
  tabs: Tab[];
  active: string;
  open: (address: string) => void;
  /** Goes on to another page of the same record, in the same tab. */
  move: (from: string, address: string) => void;
  close: (key: string) => void;
  /** Closes tabs of what is no more; one in which something is being typed stays. */
  gone: (keys: string[]) => void;
  closeAll: () => void;
  closeOthers: () => void;
  setDirty: (key: string, dirty: boolean) => void;
  anyDirty: () => boolean;
}

const TabsContext = createContext<Tabs | null>(null);

function remembered(place: string): Tab[] {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(place) ?? localStorage.getItem(place) ?? "[]");
    if (!Array.isArray(found)) return [];
    return found.flatMap((tab: Partial<Tab>) => {
      const at = typeof tab.address === "string" ? keyOf(tab.address) : null;
      return at && typeof tab.address === "string" ? [{ key: at, address: tab.address }] : [];
    });
  } catch {
    return [];
  }
}

/** The tab that an address belongs to. */
export function keyOf(address: string): string | null {
  const at = pageOf(address.split("?")[0] ?? "");
  return at ? at.page.key(at.params) : null;
}

export function TabsProvider({ children }: { children: ReactNode }) {
  const person = usePerson();
  const place = `kakou.tabs.${person.username}`;
  const { pathname, search } = useLocation();
  const navigate = useNavigate();
  const { modal } = App.useApp();
  const say = useSay();
  const [tabs, setTabs] = useState<Tab[]>(() => remembered(place));
  const dirty = useRef(new Set<string>());
  const address = pathname + search;
  const active = keyOf(address) ?? START;

  // The address may be typed, come from a link, or from the browser's own arrows.
  useEffect(() => {
    const key = keyOf(address);
    if (!key) return;
    setTabs((old) => {
      const known = old.find((tab) => tab.key === key);
      if (!known) return [...old, { key, address }];
      return known.address === address ? old : old.map((tab) => (tab.key === key ? { key, address } : tab));
    });
  }, [address]);

  useEffect(() => {
    const text = JSON.stringify(tabs);
    sessionStorage.setItem(place, text);
    localStorage.setItem(place, text);
  }, [place, tabs]);

  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      if (dirty.current.size > 0) event.preventDefault();
    };
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, []);

  const go = useCallback((to: string, replace = false) => void navigate(to, { replace }), [navigate]);

  const open = useCallback(
    (to: string) => {
      const key = keyOf(to);
      const known = tabs.find((tab) => tab.key === key);
      // What is being typed there stays in front of everything else.
      go(known && key && dirty.current.has(key) ? known.address : to);
    },
    [go, tabs],
  );

  const move = useCallback(
    (from: string, to: string) => {
      const key = keyOf(to);
      dirty.current.delete(from);
      if (key && key !== from) setTabs((old) => old.filter((tab) => tab.key !== key).map((tab) => (tab.key === from ? { key, address: to } : tab)));
      go(to, true);
    },
    [go],
  );

  const drop = useCallback(
    (keys: string[]) => {
      const rest = tabs.filter((tab) => !keys.includes(tab.key));
      keys.forEach((key) => dirty.current.delete(key));
      setTabs(rest);
      if (keys.includes(active)) {
        const place = tabs.findIndex((tab) => tab.key === active);
        const next = rest[Math.min(place, rest.length - 1)];
        go(next?.address ?? START);
      }
    },
    [active, go, tabs],
  );

  const ask = useCallback(
    (keys: string[]) => {
      if (!keys.some((key) => dirty.current.has(key))) return drop(keys);
      modal.confirm({ title: say(w.closeAsk), content: say(w.closeKept), okText: say(w.close), cancelText: say(w.cancel), autoFocusButton: "cancel", onOk: () => drop(keys) });
    },
    [drop, modal, say],
  );

  const close = useCallback((key: string) => ask([key]), [ask]);
  const gone = useCallback((keys: string[]) => drop(keys.filter((key) => !dirty.current.has(key))), [drop]);
  const closeAll = useCallback(() => ask(tabs.map((tab) => tab.key)), [ask, tabs]);
  const closeOthers = useCallback(() => ask(tabs.filter((tab) => tab.key !== active).map((tab) => tab.key)), [active, ask, tabs]);
  const setDirty = useCallback((key: string, is: boolean) => void (is ? dirty.current.add(key) : dirty.current.delete(key)), []);
  const anyDirty = useCallback(() => dirty.current.size > 0, []);

  const value = useMemo(
    () => ({ tabs, active, open, move, close, gone, closeAll, closeOthers, setDirty, anyDirty }),
    [tabs, active, open, move, close, gone, closeAll, closeOthers, setDirty, anyDirty],
  );
  return <TabsContext value={value}>{children}</TabsContext>;
}

export function useTabs(): Tabs {
  const tabs = useContext(TabsContext);
  if (!tabs) throw new Error("no tabs around this page");
  return tabs;
}

/** The tab that a page is in. */
export const TabContext = createContext<{ key: string; isActive: boolean }>({ key: "", isActive: true });
export const useTab = () => useContext(TabContext);
