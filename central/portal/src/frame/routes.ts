// 页面: every page of the portal: where it is, who may open it, what it is called, and the file that is loaded for it.
// A page's tab is named by `key`: pages of one record share it, so that a record opened twice shows its tab (PO-186).
import { lazy, type ComponentType, type LazyExoticComponent } from "react";
import { matchPath } from "react-router";
import { entries, mayOpen } from "../admin/catalogue.ts";
import { manuals } from "../manuals.ts";
import { isCustoms, isDeclarant, isOfficer, seesGates, type Person } from "../session/session.tsx";
import { kindOf } from "./new-copy.ts";
import { w } from "../words/common.ts";
import type { Text } from "../words/words.ts";
import { y } from "../yard/words.ts";

export interface Page {
  path: string;
  title: (params: Params) => { text: Text; number?: string };
  key: (params: Params) => string;
  may: (person: Person) => boolean;
  Body: LazyExoticComponent<ComponentType>;
}
export type Params = Record<string, string | undefined>;

const anyone = () => true;
const single = (path: string, text: Text, may: Page["may"], load: () => Promise<{ default: ComponentType }>): Page => ({
  path,
  title: () => ({ text }),
  key: () => path,
  may,
  Body: lazy(load),
});

export const START = "/start";

export const pages: Page[] = [
  single(START, w.start, anyone, () => import("../start/start.tsx")),
  single("/notices", w.notices, anyone, () => import("../notices/notices.tsx")),
  single("/account", w.account, anyone, () => import("../account/account.tsx")),
  single("/desk", w.desk, isOfficer, () => import("../desk/desk.tsx")),
  single("/yard", y.live, seesGates, () => import("../yard/yard.tsx")),
  single("/yard/passages", y.passages, seesGates, () => import("../yard/passages.tsx")),
  { path: "/yard/passages/:passage", title: (params) => ({ text: y.passage, number: params.passage ?? "" }), key: (params) => `yard/passages/${params.passage}`, may: seesGates, Body: lazy(() => import("../yard/passage.tsx")) },
  ...manuals.flatMap(({ figures }) => (figures ? [single(figures.path, figures.title, isCustoms, figures.load)] : [])),
  ...entries.map((entry) => single(entry.path, entry.title, mayOpen(entry), entry.load)),
  ...manuals.flatMap((manual): Page[] => {
    // One for all its addresses: a new record becomes a saved one without a moment in which nobody hears the keys.
    const Entry = lazy(manual.pages.entry);
    const of = (path: string, title: Page["title"], load: () => Promise<{ default: ComponentType }>, may: Page["may"]): Page => ({
      path: `/${manual.slug}${path}`,
      title,
      key: (params) => (params.number ? `${manual.slug}/${params.number}` : params.copy ? `${manual.slug}/${params.copy}` : `${manual.slug}${path}`),
      may,
      Body: load === manual.pages.entry ? Entry : lazy(load),
    });
    const record: Page["title"] = (params) => ({ text: manual.short, number: (params.number ?? "").slice(-6) });
    const both = (person: Person) => isDeclarant(person) || isOfficer(person);
    const searches = manual.queriedBy === "declarants" ? isDeclarant : both;
    return [
      ...(manual.more ?? []).map(({ path, title, page }) => of(path, () => ({ text: title }), page, anyone)),
      of("", () => ({ text: manual.queryTitle }), manual.pages.query, searches),
      of("/new/:copy", ({ copy }) => ({ text: kindOf(manual.kinds, copy)?.title ?? manual.newTitle }), manual.pages.entry, isDeclarant),
      ...(manual.importPage ? [of("/import", () => ({ text: w.importing }), manual.importPage, isDeclarant)] : []),
      of("/:number", record, manual.pages.record, manual.atDeskOnly ? isDeclarant : both),
      of("/:number/edit", record, manual.pages.entry, isDeclarant),
      of("/:number/change", record, manual.pages.entry, isDeclarant),
      of("/:number/sign/:action", record, manual.pages.sign, isDeclarant),
    ];
  }),
];

/** The page of an address. */
export function pageOf(pathname: string): { page: Page; params: Params } | null {
  for (const page of pages) {
    const match = matchPath(page.path, pathname);
    if (match) return { page, params: match.params };
  }
  return null;
}
