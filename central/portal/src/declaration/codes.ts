// 参数: what a code field offers while a person types, and what a code is called (PO-167..PO-169).
import { useQuery } from "@tanstack/react-query";
import { api, dataAs } from "../api/client.ts";
import { useLanguage } from "../words/language.tsx";
import { pick, type Text } from "../words/words.ts";
import type { Code, CodeTable } from "./description.ts";
import { codeText } from "./show.ts";

export const MOST_OFFERED = 50;
const AN_HOUR = 3_600_000;

interface CodeJson {
  code: string;
  name: string;
  name_en: string | null;
  has_yard?: boolean;
}
const HAS_YARD: Text = ["已接入卡口", "has gates"];

export const codeOf = (json: CodeJson): Code => ({ code: json.code, name: [json.name, json.name_en ?? json.name], ...(json.has_yard ? { note: HAS_YARD } : {}) });

async function asked(table: string, q: string, yardsFirst?: true): Promise<Code[]> {
  const query = { ...(q ? { q } : {}), ...(yardsFirst ? { yards_first: true } : {}) };
  const found = await dataAs<{ items: CodeJson[] }>(api.GET("/api/v1/codes/{table}", { params: { path: { table }, query } }));
  return found.items.map(codeOf);
}

/** Equal code, code prefix, name prefix, any part of a name; without regard to case; at most fifty (PO-168). */
export function matching(list: Code[], typed: string): Code[] {
  const q = typed.trim().toLowerCase();
  if (!q) return list.slice(0, MOST_OFFERED);
  const rank = ({ code, name }: Code): number => {
    const [key, names] = [code.toLowerCase(), name.map((text) => text.toLowerCase())];
    if (key === q) return 0;
    if (key.startsWith(q)) return 1;
    if (names.some((text) => text.startsWith(q))) return 2;
    return names.some((text) => text.includes(q)) ? 3 : 4;
  };
  const ranked = list.map((code) => ({ code, rank: rank(code) })).filter((entry) => entry.rank < 4);
  return ranked.sort((a, b) => a.rank - b.rank).slice(0, MOST_OFFERED).map((entry) => entry.code);
}

/** The entries for what was typed; the centre's tables are asked while the list is open. */
export function useOffered(of: CodeTable, typed: string, open: boolean): { offered: Code[]; asking: boolean } {
  const table = "table" in of ? of.table : "";
  const q = typed.trim();
  const isEnough = "list" in of || q.length >= (of.least ?? 0);
  const yardsFirst = "table" in of ? of.yardsFirst : undefined;
  const asking = useQuery({ queryKey: ["codes", table, q, ...(yardsFirst ? ["yards first"] : [])], queryFn: () => asked(table, q, yardsFirst), enabled: open && table !== "" && isEnough, staleTime: AN_HOUR, placeholderData: (old) => old });
  if ("list" in of) return { offered: matching(of.list, typed), asking: false };
  if (!isEnough) return { offered: [], asking: false };
  return { offered: asking.data ?? [], asking: asking.isFetching && (asking.isPlaceholderData || asking.isPending) };
}

/** What a taken code shows: `code name`. */
export function useCodeText(of: CodeTable, code: string): string {
  const language = useLanguage();
  const table = "table" in of ? of.table : "";
  const named = useQuery({ queryKey: ["codes", table, code], queryFn: () => asked(table, code), enabled: code !== "" && table !== "", staleTime: AN_HOUR });
  const list = "list" in of ? of.list : (named.data ?? []);
  const found = list.find((entry) => entry.code === code);
  return found ? codeText(language, found) : code;
}

/** A code of a table, as a list's cell or a record's page shows it. */
export function CodeName({ of, code }: { of: CodeTable; code: string }): string {
  return useCodeText(of, code);
}

export const nameOf = (code: Code, language: "zh" | "en") => pick(language, code.name);

/** The one entry that a typed text means, if it means one: its code, its name, or `code name` as shown. */
export async function meant(of: CodeTable, typed: string): Promise<Code | null> {
  const text = typed.trim();
  const code = text.split(" ")[0] ?? "";
  if ("table" in of && code.length < (of.least ?? 0)) return null;
  const list = "list" in of ? of.list : await asked(of.table, code);
  const lower = text.toLowerCase();
  return list.find((entry) => entry.code.toLowerCase() === lower || entry.name.some((name) => name.toLowerCase() === lower)) ?? null;
}
