// Words and figures for people: the chosen language, texts by key, times in Beijing time whatever the machine's zone.

import { en } from "./texts.en.js";
import { zh } from "./texts.zh.js";

const texts = { zh, en };

const STORED = "kakou.language";
let language = read() === "en" ? "en" : "zh";

function read() {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null; // A browser that keeps nothing starts in Chinese each time.
  }
}

export function isChinese() {
  return language === "zh";
}

export function switchLanguage() {
  language = isChinese() ? "en" : "zh";
  try {
    localStorage.setItem(STORED, language);
  } catch {
    // Then it is not remembered.
  }
}

export function tag() {
  return isChinese() ? "zh-CN" : "en";
}

/** The text of a key, with values in the places that it names. */
export function t(key, values = {}) {
  const text = texts[language][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** A text that may not exist, such as that of a code which only a newer agent knows. */
export function tOr(key, otherwise) {
  return texts[language][key] ?? otherwise;
}

/** A sentence of the agent's, which comes in both languages. */
export function said(words) {
  return words ? words[language] : "";
}

const formats = new Map();

function format(kind) {
  const name = `${kind}/${language}`;
  if (!formats.has(name)) {
    const options = { timeZone: "Asia/Shanghai", hourCycle: "h23", hour: "2-digit", minute: "2-digit", second: "2-digit" };
    if (kind === "moment") Object.assign(options, { month: "2-digit", day: "2-digit" });
    formats.set(name, new Intl.DateTimeFormat(tag(), options));
  }
  return formats.get(name);
}

export function clock(at) {
  return at ? format("clock").format(new Date(at)) : "";
}

export function moment(at) {
  return at ? format("moment").format(new Date(at)) : "";
}

/** How long, in the largest unit that says enough. */
export function span(seconds) {
  if (seconds < 120) return t("unit_s", { n: Math.floor(seconds) });
  if (seconds < 7200) return t("unit_min", { n: Math.floor(seconds / 60) });
  if (seconds < 2 * 86400) return t("unit_h", { n: Math.floor(seconds / 3600) });
  return t("unit_d", { n: Math.floor(seconds / 86400) });
}

/** Minutes and seconds of a wait that somebody watches. */
export function waited(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const pad = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
}

/** Days with one decimal, never more than there are. */
export function days(seconds) {
  return (Math.floor(seconds / 8640) / 10).toFixed(1);
}

export function bytes(number) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let [value, unit] = [number, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

export function grouped(number) {
  return Number(number).toLocaleString("en-US", { maximumFractionDigits: 2 }).replaceAll(",", "\u202f");
}

/** Long numbers in groups of four, on the screen only; a line may end between groups. */
export function groups(digits) {
  return String(digits).replace(/(.{4})(?=.)/g, "$1\u2009");
}
