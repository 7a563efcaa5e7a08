// 登录前页面: the frame of what a visitor sees, and which page that is (PO-020, PO-037, PO-053, PO-066).
import { Button } from "antd";
import { lazy, Suspense, type ReactNode } from "react";
import { useLocation } from "react-router";
import { Waiting } from "../declaration/states.tsx";
import { useSettings } from "../frame/settings.tsx";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import { useSession } from "./session.tsx";

/** The pages that ask nobody who they are, beside the log-in, which is everywhere else. */
const PAGES = {
  "/register": lazy(() => import("../account/register.tsx")),
  "/recover": lazy(() => import("../account/recover.tsx")),
  "/first-card": lazy(() => import("../account/first-card.tsx")),
  "/shield": lazy(() => import("./shield-page.tsx")),
  "/login/third-party": lazy(() => import("./third-party.tsx")),
};
export type OutsidePath = keyof typeof PAGES;
/** The pages that whoever is logged in sees as well. */
export const isForAll = (path: string) => path === "/shield" || path === "/login/third-party";
export const isOutside = (path: string): path is OutsidePath => Object.hasOwn(PAGES, path);

export function Outside({ logIn }: { logIn: ReactNode }) {
  const { pathname } = useLocation();
  if (!isOutside(pathname)) return logIn;
  const Page = PAGES[pathname];
  return (
    <Suspense fallback={<Waiting />}>
      <Page />
    </Suspense>
  );
}

export function OutsideFrame({ title, wide, children }: { title: string; wide?: boolean; children: ReactNode }) {
  const say = useSay();
  const { place } = useSession();
  const { language, change } = useSettings();
  return (
    <div className="log-in-page">
      <header>
        <span className="mark" aria-hidden />
        <h1>{say([place.name, place.name_en])}</h1>
        {place.training && <span className="training">{say(w.training)}</span>}
        <Button type="text" lang={language === "zh" ? "en" : "zh-CN"} onClick={() => change({ language: language === "zh" ? "en" : "zh" })}>{say(w.language)}</Button>
      </header>
      <main>
        <section className="log-in-box" data-wide={wide} aria-label={title}>
          <title>{title}</title>
          <h2>{title}</h2>
          {children}
        </section>
      </main>
    </div>
  );
}
