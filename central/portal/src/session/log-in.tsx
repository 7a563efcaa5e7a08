// 登录: by name, password and captcha, by card, by a mobile shield, or by another provider (PO-050..PO-067). The same form stands on the page and in
// the dialog over a page whose session has ended; there nobody is sent to a provider, since that would leave the page.
import { IdcardOutlined, MobileOutlined, UserOutlined } from "@ant-design/icons";
import { Tabs } from "antd";
import { lazy, Suspense } from "react";
import { Waiting } from "../declaration/states.tsx";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import { CardForm } from "./card-form.tsx";
import { PasswordForm } from "./password-form.tsx";
import { ProviderButtons } from "./provider-buttons.tsx";
import { s } from "./words.ts";

const ShieldForm = lazy(() => import("./shield-form.tsx"));

export function LogIn({ over }: { over?: "page" }) {
  const say = useSay();
  const items = [
    { key: "password", icon: <UserOutlined />, label: say(w.byPassword), children: <PasswordForm /> },
    { key: "card", icon: <IdcardOutlined />, label: say(w.byCard), children: <CardForm /> },
    { key: "shield", icon: <MobileOutlined />, label: say(s.byShield), children: <Suspense fallback={<Waiting />}><ShieldForm /></Suspense> },
  ];
  return (
    <>
      <Tabs items={items} tabBarGutter={14} destroyOnHidden />
      {over !== "page" && <ProviderButtons />}
    </>
  );
}
