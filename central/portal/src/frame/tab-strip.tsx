// 页签栏: the names of the open tabs, with arrows when they are many.
import { CloseOutlined, DownOutlined, LeftOutlined, RightOutlined } from "@ant-design/icons";
import { Button, Dropdown } from "antd";
import { useEffect, useRef } from "react";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import { pageOf } from "./routes.ts";
import { useTabs } from "./tabs.tsx";

/** How far an arrow moves the names. */
const STEP = 240;

export function TabStrip() {
  const say = useSay();
  const { tabs, active, open, close, closeAll, closeOthers } = useTabs();
  const strip = useRef<HTMLDivElement>(null);
  const scroll = (by: number) => strip.current?.scrollBy({ left: by, behavior: "smooth" });
  useEffect(() => {
    strip.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [active, tabs.length]);

  const titleOf = (address: string) => {
    const at = pageOf(address.split("?")[0] ?? "");
    if (!at) return "";
    const { text, number } = at.page.title(at.params);
    return number ? `${say(text)} …${number}` : say(text);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const place = tabs.findIndex((tab) => tab.key === active);
    const next = event.code === "ArrowRight" ? tabs[place + 1] : event.code === "ArrowLeft" ? tabs[place - 1] : undefined;
    if (event.code === "Delete") return close(active);
    if (!next) return undefined;
    open(next.address);
    strip.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(next.key)}"]`)?.focus();
  };
  const actions = [
    { key: "all", label: say(w.closeAll), onClick: closeAll },
    { key: "others", label: say(w.closeOthers), onClick: closeOthers },
  ];
  return (
    <div className="tab-strip">
      <Button type="text" size="small" icon={<LeftOutlined />} aria-label={say(w.tabsLeft)} onClick={() => scroll(-STEP)} />
      <nav className="tab-names" aria-label={say(w.tabs)} ref={strip} onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <span key={tab.key} className="tab-name" data-active={tab.key === active}>
            <button type="button" className="tab-title" id={`tab-${tab.key}`} data-key={tab.key} aria-current={tab.key === active ? "page" : undefined} tabIndex={tab.key === active ? 0 : -1} onClick={() => open(tab.address)}>
              {titleOf(tab.address)}
            </button>
            <button type="button" className="tab-close" tabIndex={-1} aria-label={say(w.closeTab, { title: titleOf(tab.address) })} onClick={() => close(tab.key)}>
              <CloseOutlined aria-hidden />
            </button>
          </span>
        ))}
      </nav>
      <Button type="text" size="small" icon={<RightOutlined />} aria-label={say(w.tabsRight)} onClick={() => scroll(STEP)} />
      <Dropdown menu={{ items: actions }} trigger={["click"]}>
        <Button type="text" size="small" icon={<DownOutlined />} aria-label={say(w.tabsMenu)} />
      </Dropdown>
    </div>
  );
}
