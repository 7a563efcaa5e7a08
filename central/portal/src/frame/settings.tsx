// 界面设置: language, dark mode, density, columns and page size of a person, kept at the centre (PO-183, PO-202). This browser has a copy, for before
// the log-in and for the moment until the centre has answered.
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import type { Language } from "../words/words.ts";
import { changed, type KeptSettings } from "./settings-sending.ts";

export type Density = "small" | "middle" | "large";
export interface Settings {
  language: Language;
  dark: boolean;
  density: Density;
  menuFolded: boolean;
  /** Columns that a list does not show, by the list's name. */
  hidden: Record<string, string[]>;
  /** Pixels of columns whose width somebody has chosen, by the list's name. */
  widths: Record<string, Record<string, number>>;
  pageSize: number;
}

const PLACE = "kakou.settings";
/** Whose columns and page size this browser's copy has. */
const WHOSE = "kakou.settings.of";
const plain = (): Settings => ({
  // Chinese first, whatever the browser speaks; the switch is in the header.
  language: "zh",
  dark: window.matchMedia("(prefers-color-scheme: dark)").matches,
  density: "small",
  menuFolded: false,
  hidden: {},
  widths: {},
  pageSize: 10,
});

function copy(): Settings {
  try {
    return { ...plain(), ...(JSON.parse(localStorage.getItem(PLACE) ?? "{}") as Partial<Settings>) };
  } catch {
    return plain();
  }
}

/** What the centre has to be told of a change. */
function told(some: Partial<Settings>, now: Settings): KeptSettings {
  const { language, dark, density, menuFolded, pageSize, hidden, widths } = some;
  const lists = new Set([...Object.keys(hidden ?? {}), ...Object.keys(widths ?? {})]);
  const differs = (name: string) => (hidden && hidden[name] !== now.hidden[name]) || (widths && widths[name] !== now.widths[name]);
  const of = (name: string) => ({ hidden: (hidden ?? now.hidden)[name] ?? [], widths: (widths ?? now.widths)[name] ?? {} });
  return {
    ...(language && { language }),
    ...(dark !== undefined && { dark }),
    ...(density && { density }),
    ...(menuFolded !== undefined && { menu_folded: menuFolded }),
    ...(pageSize && { page_size: pageSize }),
    ...(lists.size > 0 && { lists: Object.fromEntries([...lists].filter(differs).map((name) => [name, of(name)])) }),
  };
}

/** What the centre has kept, in the place of what is here. */
function withKept(now: Settings, kept: KeptSettings): Settings {
  const lists = Object.entries(kept.lists ?? {});
  return {
    language: kept.language ?? now.language,
    dark: kept.dark ?? now.dark,
    density: kept.density ?? now.density,
    menuFolded: kept.menu_folded ?? now.menuFolded,
    pageSize: kept.page_size ?? now.pageSize,
    hidden: { ...now.hidden, ...Object.fromEntries(lists.map(([name, list]) => [name, list.hidden])) },
    widths: { ...now.widths, ...Object.fromEntries(lists.map(([name, list]) => [name, list.widths])) },
  };
}

interface Holder extends Settings {
  change: (some: Partial<Settings>) => void;
  /** This person's settings have come from the centre. */
  take: (username: string, kept: KeptSettings) => void;
}
const SettingsContext = createContext<Holder>({ ...plain(), change: () => undefined, take: () => undefined });

export function SettingsProvider({ children }: { children: ReactNode }) {
  const [settings, setSettings] = useState(copy);
  const latest = useRef(settings);
  const set = useCallback((next: Settings) => {
    latest.current = next;
    setSettings(next);
  }, []);
  const change = useCallback((some: Partial<Settings>) => {
    changed(told(some, latest.current));
    set({ ...latest.current, ...some });
  }, [set]);
  const take = useCallback((username: string, kept: KeptSettings) => {
    const now = latest.current;
    // Another person's columns are none of this one's.
    const own = localStorage.getItem(WHOSE) === username ? now : { ...now, hidden: {}, widths: {}, pageSize: plain().pageSize };
    localStorage.setItem(WHOSE, username);
    set(withKept(own, kept));
  }, [set]);
  useEffect(() => {
    localStorage.setItem(PLACE, JSON.stringify(settings));
    document.documentElement.lang = settings.language === "zh" ? "zh-CN" : "en";
    document.documentElement.dataset.dark = String(settings.dark);
    document.documentElement.dataset.density = settings.density;
  }, [settings]);
  const value = useMemo(() => ({ ...settings, change, take }), [settings, change, take]);
  return <SettingsContext value={value}>{children}</SettingsContext>;
}

export const useSettings = () => useContext(SettingsContext);
