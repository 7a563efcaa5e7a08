// 门户: the pages of the centre. Who is not logged in sees the log-in page; everybody else the frame.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { App, ConfigProvider, theme } from "antd";
import en from "antd/locale/en_US";
import zh from "antd/locale/zh_CN";
import dayjs from "dayjs";
import "dayjs/locale/zh-cn";
import { StrictMode, useEffect } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter, Navigate, useLocation } from "react-router";
import { Refusal } from "./api/problem.ts";
import { Waiting } from "./declaration/states.tsx";
import { Frame } from "./frame/frame.tsx";
import { useKeptSettings } from "./frame/use-kept-settings.ts";
import { SettingsProvider, useSettings } from "./frame/settings.tsx";
import { LogInPage } from "./session/log-in-page.tsx";
import { isForAll, isOutside, Outside } from "./session/outside.tsx";
import { SessionProvider, useSession } from "./session/session.tsx";
import { LanguageProvider } from "./words/language.tsx";
import "./style/base.css";
import "./style/frame.css";
import "./style/entry.css";
import "./style/table.css";
import "./style/print.css";
import "./style/persons.css";

// Asked again only when nobody answered: a refusal is an answer.
const retry = (times: number, error: unknown) => times < 2 && Refusal.of(error).status === 0;
const queries = new QueryClient({ defaultOptions: { queries: { retry, staleTime: 5_000, refetchOnWindowFocus: false } } });

const ON_DARK = "#8cbdf5";

function Root() {
  const { language, dark, density } = useSettings();
  useEffect(() => {
    dayjs.locale(language === "zh" ? "zh-cn" : "en");
  }, [language]);
  const look = {
    algorithm: dark ? theme.darkAlgorithm : theme.defaultAlgorithm,
    // Dark enough under white, and light enough on dark, for AA.
    token: {
      colorPrimary: dark ? "#4180cf" : "#0b5cad",
      colorLink: dark ? ON_DARK : "#0b5cad",
      colorError: dark ? "#ff7b72" : "#b3261e",
      controlHeight: { small: 28, middle: 30, large: 36 }[density],
      borderRadius: 4,
      fontSize: density === "large" ? 16 : 14,
      motion: false,
    },
    components: dark ? { Tabs: { itemSelectedColor: ON_DARK, itemHoverColor: ON_DARK, inkBarColor: ON_DARK }, Menu: { itemSelectedColor: ON_DARK, subMenuItemSelectedColor: ON_DARK } } : {},
  };
  return (
    <ConfigProvider locale={language === "zh" ? zh : en} theme={look} button={{ autoInsertSpace: false }}>
      <App>
        <SessionProvider>
          <Door />
        </SessionProvider>
      </App>
    </ConfigProvider>
  );
}

function Door() {
  const { state } = useSession();
  const { pathname } = useLocation();
  useKeptSettings();
  if (state.kind === "asking") return <Waiting />;
  if (state.kind === "nobody" || isForAll(pathname)) return <Outside logIn={<LogInPage />} />;
  return isOutside(pathname) ? <Navigate to="/" replace /> : <Frame />;
}

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <SettingsProvider>
          <LanguageProvider>
            {/* A page that is opened is there with the key that opened it. */}
            <BrowserRouter useTransitions={false}>
              <Root />
            </BrowserRouter>
          </LanguageProvider>
        </SettingsProvider>
      </QueryClientProvider>
    </StrictMode>,
  );
}
