// 文字: every text that a person sees is a pair, Chinese first, so that neither language can lack one.
// `say` takes the pair of the chosen language and fills in what stands in braces.

export type Language = "zh" | "en";
export type Text = readonly [zh: string, en: string];

/** A text that is the same in both languages, such as a name out of a record. */
export const plain = (text: string): Text => [text, text];

export function pick(language: Language, text: Text, values: Record<string, string | number> = {}): string {
  const words = language === "zh" ? text[0] : text[1];
  return words.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
