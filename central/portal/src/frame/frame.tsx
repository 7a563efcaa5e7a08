// 框架: header, menu, tabs, and the page of the tab in front; the others stay as they are behind it.
import { BarChartOutlined, BellOutlined, CarOutlined, ControlOutlined, DashboardOutlined, FormOutlined, HistoryOutlined, HomeOutlined, IdcardOutlined, MenuFoldOutlined, MenuOutlined, MenuUnfoldOutlined, QuestionOutlined, SearchOutlined, SettingOutlined, SolutionOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { App, Badge, Button, Drawer, Dropdown, Menu, Result, type MenuProps } from "antd";
import { Component, Suspense, useEffect, useState, type ReactNode } from "react";
import { Navigate, useLocation, Routes, Route } from "react-router";
import { menuOf } from "../admin/catalogue.ts";
import { api, dataAs } from "../api/client.ts";
import { KeyList } from "../declaration/key-list.tsx";
import { BOUND, useShortcuts } from "../declaration/keys.ts";
import { Waiting } from "../declaration/states.tsx";
import { manuals } from "../manuals.ts";
import { isCustoms, isDeclarant, isOfficer, seesGates, usePerson, useSession, type Person } from "../session/session.tsx";
import { Lapse } from "../session/lapse.tsx";
import { roles, w } from "../words/common.ts";
import { useLanguage, useSay } from "../words/language.tsx";
import { y } from "../yard/words.ts";
import { newAddress } from "./new-copy.ts";
import { pageOf, pages, START } from "./routes.ts";
import { useSettings, type Density } from "./settings.tsx";
import { TabContext, TabsProvider, useTabs } from "./tabs.tsx";
import { TabStrip } from "./tab-strip.tsx";

/** The bell asks this often, and only while somebody is at work: asking would keep a session alive that nobody uses. */
const BELL_MS = 60_000;

export function Frame() {
  return (
    <TabsProvider>
      <Shell />
      <Lapse />
    </TabsProvider>
  );
}

function Shell() {
  const say = useSay();
  const { menuFolded, change } = useSettings();
  const [drawer, setDrawer] = useState(false);
  const [keys, setKeys] = useState(false);
  const { pathname } = useLocation();
  useEffect(() => setDrawer(false), [pathname]);
  useShortcuts({ keys: { ...BOUND.keys, run: () => setKeys(true) } }, true);
  if (pathname === "/") return <Navigate to={START} replace />;
  return (
    <div className="shell" data-folded={menuFolded}>
      <a className="skip" href="#page">{say(w.skip)}</a>
      <Header openMenu={() => setDrawer(true)} openKeys={() => setKeys(true)} />
      <nav className="side" aria-label={say(w.menu)}>
        <SideMenu folded={menuFolded} />
      </nav>
      <Drawer open={drawer} onClose={() => setDrawer(false)} placement="left" size={260} title={say(w.menu)}>
        <SideMenu folded={false} />
      </Drawer>
      <div className="display">
        <div className="display-top">
          <Button className="fold" type="text" size="small" aria-label={say(w.fold)} aria-pressed={menuFolded} icon={menuFolded ? <MenuUnfoldOutlined /> : <MenuFoldOutlined />} onClick={() => change({ menuFolded: !menuFolded })} />
          <TabStrip />
        </div>
        <Pages />
      </div>
      <KeyList open={keys} close={() => setKeys(false)} />
    </div>
  );
}

function Pages() {
  const say = useSay();
  const { tabs, active } = useTabs();
  const { pathname } = useLocation();
  const person = usePerson();
  const [seen, setSeen] = useState(new Set<string>());
  useEffect(() => setSeen((old) => (old.has(active) ? old : new Set([...old, active]))), [active]);
  if (!pageOf(pathname)) return <main id="page" className="page"><Result status="404" title={say(w.notFound)} /></main>;
  return (
    <main id="page" tabIndex={-1}>
      {tabs
        .filter((tab) => tab.key === active || seen.has(tab.key))
        .map((tab) => (
          <TabContext key={tab.key} value={{ key: tab.key, isActive: tab.key === active }}>
            <section className="page" aria-labelledby={`tab-${tab.key}`} hidden={tab.key !== active}>
              <Kept text={say(w.crashed)}>
                <Suspense fallback={<Waiting />}>
                  <Routes location={tab.address}>
                    {pages.filter((page) => page.may(person)).map((page) => (
                      <Route key={page.path} path={page.path} element={<page.Body />} />
                    ))}
                    <Route path="*" element={<Result status="404" title={say(w.notFound)} />} />
                  </Routes>
                </Suspense>
              </Kept>
            </section>
          </TabContext>
        ))}
    </main>
  );
}

/** A page that fails takes no other page with it. */
class Kept extends Component<{ text: string; children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };
  static getDerivedStateFromError = () => ({ failed: true });
  override render() {
    return this.state.failed ? <Result status="error" title={this.props.text} /> : this.props.children;
  }
}

/** One page stands by itself; several are a group. */
function administered(person: Person, say: ReturnType<typeof useSay>): NonNullable<MenuProps["items"]> {
  const items = menuOf(person).map((entry) => ({ key: entry.path, icon: <ControlOutlined />, label: say(entry.title) }));
  return items.length > 1 ? [{ key: "group-admin", icon: <ControlOutlined />, label: say(w.administration), children: items.map(({ key, label }) => ({ key, label })) }] : items;
}

function SideMenu({ folded }: { folded: boolean }) {
  const say = useSay();
  const person = usePerson();
  const { open } = useTabs();
  const { pathname } = useLocation();
  const items: MenuProps["items"] = [
    { key: START, icon: <HomeOutlined />, label: say(w.start) },
    ...(isOfficer(person) ? [{ key: "/desk", icon: <SolutionOutlined />, label: say(w.desk) }] : []),
    ...(seesGates(person) ? [{ key: "/yard", icon: <DashboardOutlined />, label: say(y.live) }, { key: "/yard/passages", icon: <HistoryOutlined />, label: say(y.passages) }] : []),
    ...manuals.filter(() => isDeclarant(person) || isOfficer(person)).map((manual) => ({
      key: `group-${manual.slug}`,
      icon: <CarOutlined />,
      label: say(manual.title),
      children: [
        ...(isDeclarant(person) ? (manual.kinds ?? [null]).map((kind) => ({ key: `/${manual.slug}/new/${kind?.name ?? ""}`, icon: <FormOutlined />, label: say(kind?.title ?? manual.newTitle), title: say(kind?.title ?? manual.newTitle) })) : []),
        ...(isDeclarant(person) || manual.queriedBy !== "declarants" ? [{ key: `/${manual.slug}`, icon: <SearchOutlined />, label: say(manual.queryTitle) }] : []),
        ...(manual.figures && isCustoms(person) ? [{ key: manual.figures.path, icon: <BarChartOutlined />, label: say(w.statistics) }] : []),
        ...(manual.more ?? []).map(({ path, title }) => ({ key: `/${manual.slug}${path}`, icon: <SearchOutlined />, label: say(title) })),
      ],
    })),
    ...administered(person, say),
    { key: "/notices", icon: <BellOutlined />, label: say(w.notices) },
    { key: "/account", icon: <IdcardOutlined />, label: say(w.account) },
  ];
  const go = (key: string) => {
    const entry = /^\/([^/]+)\/new\/(\w*)$/.exec(key);
    open(entry ? newAddress(entry[1] ?? "", entry[2]) : key);
  };
  return <Menu mode="inline" inlineCollapsed={folded} selectedKeys={[pathname]} defaultOpenKeys={["group-admin", ...manuals.map((manual) => `group-${manual.slug}`)]} items={items} onClick={({ key }) => go(key)} />;
}


function Header({ openMenu, openKeys }: { openMenu: () => void; openKeys: () => void }) {
  const say = useSay();
  const language = useLanguage();
  const { place, leave } = useSession();
  const person = usePerson();
  const { open, anyDirty } = useTabs();
  const { modal } = App.useApp();
  const settings = useSettings();
  const exit = () => {
    if (!anyDirty()) return void leave();
    modal.confirm({ title: say(w.logOut), content: say(w.logOutAsk), okText: say(w.logOut), cancelText: say(w.cancel), autoFocusButton: "cancel", onOk: () => leave() });
  };
  const densities: [Density, string][] = [["small", say(w.densitySmall)], ["middle", say(w.densityMiddle)], ["large", say(w.densityLarge)]];
  const items: MenuProps["items"] = [
    { key: "dark", label: `${settings.dark ? "✓ " : ""}${say(w.dark)}`, onClick: () => settings.change({ dark: !settings.dark }) },
    { type: "group", label: say(w.density), children: densities.map(([density, label]) => ({ key: density, label: `${settings.density === density ? "✓ " : ""}${label}`, onClick: () => settings.change({ density }) })) },
  ];
  return (
    <header className="top">
      <Button className="drawer-button" type="text" icon={<MenuOutlined />} aria-label={say(w.menu)} onClick={openMenu} />
      <span className="mark" aria-hidden />
      <h1>{say([place.name, place.name_en])}</h1>
      {place.training && <span className="training">{say(w.training)}</span>}
      <span className="grow" />
      <CardState person={person} />
      <button type="button" className="who link" title={say(w.account)} onClick={() => open("/account")}>
        {person.username} <small>{say(roles[person.role] ?? w.view)}</small>
      </button>
      <Bell open={() => open("/notices")} />
      <Dropdown menu={{ items }} trigger={["click"]}>
        <Button type="text" icon={<SettingOutlined />} aria-label={say(w.settings)} />
      </Dropdown>
      <Button className="keys-button" shape="circle" size="small" type="primary" icon={<QuestionOutlined />} aria-label={say(w.keys)} title={say(w.keys)} onClick={openKeys} />
      <Button type="text" lang={language === "zh" ? "en" : "zh-CN"} onClick={() => settings.change({ language: language === "zh" ? "en" : "zh" })}>{say(w.language)}</Button>
      <Button type="text" onClick={exit}>{say(w.logOut)}</Button>
    </header>
  );
}

function CardState({ person }: { person: Person }) {
  const say = useSay();
  return (
    <span className="card-mark" title={person.card_no ?? ""}>
      <IdcardOutlined aria-hidden /> {person.card_no ? say(w.cardBound, { card: person.card_no }) : say(w.cardUnbound)}
    </span>
  );
}

function Bell({ open }: { open: () => void }) {
  const say = useSay();
  const atWork = useAtWork();
  const count = useQuery({ queryKey: ["notices", "count"], queryFn: () => dataAs<{ open?: number; unread?: number }>(api.GET("/api/v1/notices/count")), refetchInterval: atWork ? BELL_MS : false, retry: false });
  const number = count.data?.open ?? 0;
  return (
    <Badge count={number} size="small">
      <Button type="text" icon={<BellOutlined />} aria-label={number > 0 ? say(w.noticesOpen, { count: number }) : say(w.notices)} onClick={open} />
    </Badge>
  );
}

/** Whether a key or the pointer was touched in the last two minutes. */
function useAtWork(): boolean {
  const [atWork, setAtWork] = useState(true);
  useEffect(() => {
    let timer = setTimeout(() => setAtWork(false), 2 * BELL_MS);
    const touched = () => {
      clearTimeout(timer);
      setAtWork(true);
      timer = setTimeout(() => setAtWork(false), 2 * BELL_MS);
    };
    for (const event of ["keydown", "pointerdown"]) window.addEventListener(event, touched, { passive: true });
    return () => {
      clearTimeout(timer);
      for (const event of ["keydown", "pointerdown"]) window.removeEventListener(event, touched);
    };
  }, []);
  return atWork;
}
