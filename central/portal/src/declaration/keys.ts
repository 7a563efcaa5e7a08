// 键盘: one place for all keys. Keys are matched by the physical key, so that Alt+letter works on every layout.
// Promises: while an input method composes no key does anything here, nor does the Enter that ends a composition; a shortcut whose button is grey
// is dead (PO-170); only the page in front hears shortcuts.
// Source: PO-150..PO-170, portal patterns "Keyboard".
import { useEffect, useRef } from "react";
import type { Text } from "../words/words.ts";

export interface Shortcut {
  code: string;
  alt?: boolean;
  shift?: boolean;
  /** Absent or false: the button is grey. */
  enabled?: boolean;
  run: () => void;
}

interface Bound {
  code: string;
  alt?: boolean;
  shift?: boolean;
  shown: string;
  effect: Text;
}
/** What the list of keys is made from, and every page takes its keys from. */
export const BOUND: Record<"keys" | "save" | "remove" | "copy" | "print" | "next" | "previous", Bound> = {
  keys: { code: "KeyK", alt: true, shown: "Alt+K", effect: ["显示快捷键", "show these keys"] },
  save: { code: "KeyS", alt: true, shown: "Alt+S", effect: ["暂存", "save"] },
  remove: { code: "KeyR", alt: true, shown: "Alt+R", effect: ["删除", "delete"] },
  copy: { code: "KeyC", alt: true, shown: "Alt+C", effect: ["复制", "copy"] },
  print: { code: "KeyP", alt: true, shown: "Alt+P", effect: ["打印", "print"] },
  next: { code: "F8", shown: "F8", effect: ["下一处错误", "next error"] },
  previous: { code: "F8", shift: true, shown: "Shift+F8", effect: ["上一处错误", "previous error"] },
};

type KeyLike = Pick<KeyboardEvent, "isComposing" | "keyCode" | "key">;
let composedAt = -Infinity;
/** Some input methods end their composition first and send its Enter as a key of its own just after. */
const JUST_AFTER_MS = 60;

if (typeof window !== "undefined") {
  window.addEventListener("compositionend", () => {
    composedAt = performance.now();
  }, true);
}

/** The one guard: whether this key belongs to an input method. Code 229 is what browsers send for a key that an input method took. */
export function isComposing(event: KeyLike): boolean {
  if (event.isComposing || event.keyCode === 229) return true;
  return event.key === "Enter" && performance.now() - composedAt < JUST_AFTER_MS;
}

export function matches(shortcut: Shortcut, event: KeyboardEvent): boolean {
  return event.code === shortcut.code && event.altKey === Boolean(shortcut.alt) && event.shiftKey === Boolean(shortcut.shift) && !event.ctrlKey && !event.metaKey;
}

/** Hears these keys while the page is in front and no dialog lies over it. */
export function useShortcuts(shortcuts: Record<string, Shortcut>, isActive: boolean) {
  const current = useRef(shortcuts);
  useEffect(() => {
    current.current = shortcuts;
  });
  useEffect(() => {
    if (!isActive) return undefined;
    const hear = (event: KeyboardEvent) => {
      if (isComposing(event)) return;
      const found = Object.values(current.current).find((shortcut) => matches(shortcut, event));
      if (!found) return;
      // The browser has its own use for some of these; theirs would take the page away.
      event.preventDefault();
      if (found.enabled === false || document.querySelector(".ant-modal-wrap:not([style*='display: none'])")) return;
      found.run();
    };
    window.addEventListener("keydown", hear);
    return () => window.removeEventListener("keydown", hear);
  }, [isActive]);
}

/** What Enter walks through. */
const STOPS = "input:not([disabled]):not([readonly]):not([type=checkbox]):not([type=file]):not([aria-hidden]), textarea:not([disabled]):not([readonly])";

/** Of boxes of which one is ticked, the one that the keyboard stops at: the ticked one, or the first. */
function isStop(field: HTMLElement): boolean {
  if (!(field instanceof HTMLInputElement) || field.type !== "radio") return true;
  const group = [...(field.closest("[data-field]")?.querySelectorAll<HTMLInputElement>("input[type=radio]") ?? [])];
  return field === (group.find((box) => box.checked) ?? group[0]);
}

/** The editable field after or before this one in the form; none at its ends. */
export function neighbour(form: HTMLElement, from: Element, back: boolean): HTMLElement | null {
  const fields = [...form.querySelectorAll<HTMLElement>(STOPS)].filter((field) => field.closest("[data-field]") && field.offsetParent !== null && isStop(field));
  const place = fields.findIndex((field) => field === from);
  return fields[place + (back ? -1 : 1)] ?? null;
}

/** Puts the cursor into the first field of a form that can be typed into. */
export function focusFirst(form: HTMLElement | null) {
  const field = form?.querySelector<HTMLElement>(`[data-field] :is(${STOPS})`);
  field?.focus();
}

/** Puts the cursor into the field of this name and brings it into sight. */
export function focusField(form: HTMLElement | null, name: string) {
  const field = form?.querySelector<HTMLElement>(`[data-field="${CSS.escape(name)}"] :is(input, textarea, button)`);
  field?.focus();
  field?.scrollIntoView({ block: "center" });
}

let movedAt = -Infinity;
const JUST_MOVED_MS = 100;
if (typeof window !== "undefined") {
  const moved = () => {
    movedAt = performance.now();
  };
  window.addEventListener("keydown", moved, true);
  window.addEventListener("pointerdown", moved, true);
}

/** Whoever comes to a box finds its text selected; one to which the cursor comes back by itself, as after a dialog, keeps the cursor where it was. */
export function selectWhenCome(box: HTMLInputElement | HTMLTextAreaElement) {
  if (performance.now() - movedAt < JUST_MOVED_MS) box.select();
}

/** Where the cursor is in a form. */
export interface Cursor {
  field: string;
  from: number | null;
  to: number | null;
}

export function cursorIn(form: HTMLElement | null): Cursor | null {
  const box = document.activeElement;
  const field = box?.closest("[data-field]")?.getAttribute("data-field");
  if (!field || !form?.contains(box) || !(box instanceof HTMLInputElement || box instanceof HTMLTextAreaElement)) return null;
  return { field, from: box.selectionStart, to: box.selectionEnd };
}

/** Puts the cursor back, so that whoever types on types on at the same place. */
export function putCursor(form: HTMLElement | null, { field, from, to }: Cursor) {
  focusField(form, field);
  const box = document.activeElement;
  if (from !== null && to !== null && (box instanceof HTMLInputElement || box instanceof HTMLTextAreaElement)) box.setSelectionRange(from, to);
}
