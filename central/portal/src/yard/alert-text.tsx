// 异常内容: what the centre tells of one alert, with its values. One that was raised before there were Chinese texts was told in English, and stands as
// what it is.
import { useLanguage } from "../words/language.tsx";

export function AlertText({ text, text_zh: chinese }: { text: string; text_zh: string | null }) {
  const language = useLanguage();
  if (language === "en" || !chinese) return <span lang="en">{text}</span>;
  return <span>{chinese}</span>;
}
