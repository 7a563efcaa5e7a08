// 语言: which of the two languages this person reads; kept in this browser.
import { createContext, useContext, useMemo, type ReactNode } from "react";
import { useSettings } from "../frame/settings.tsx";
import { pick, type Language, type Text } from "./words.ts";

type Say = (text: Text, values?: Record<string, string | number>) => string;
const LanguageContext = createContext<{ language: Language; say: Say }>({ language: "zh", say: (text) => text[0] });

export function LanguageProvider({ children }: { children: ReactNode }) {
  const { language } = useSettings();
  const value = useMemo(() => ({ language, say: (text: Text, values?: Record<string, string | number>) => pick(language, text, values) }), [language]);
  return <LanguageContext value={value}>{children}</LanguageContext>;
}

/** What says a text in the person's language. */
export const useSay = (): Say => useContext(LanguageContext).say;
export const useLanguage = (): Language => useContext(LanguageContext).language;
