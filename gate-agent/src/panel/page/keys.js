// The keyboard: Alt with a key by its place on the board, so that it works on every layout; the list of keys is made from the bindings.

import { find, h, keepFocus, openDialog } from "./dom.js";
import { t } from "./words.js";

/** Code of the key, how it is written, what it is called, what it does. */
const BINDINGS = [
  { code: "Digit", shown: "Alt+1 … 9", key: "key_lane" },
  { code: "KeyR", shown: "Alt+R", key: "key_release", run: () => press("release") },
  { code: "KeyB", shown: "Alt+B", key: "key_send_back", run: () => press("send_back") },
  { code: "KeyC", shown: "Alt+C", key: "key_correct", run: () => press("correct") },
  { code: "KeyQ", shown: "Alt+Q", key: "key_lookup", run: () => find("lookup-q").focus() },
  { code: "KeyP", shown: "Alt+P", key: "key_passages", run: () => go("passages-title") },
  { code: "KeyS", shown: "Alt+S", key: "key_devices", run: () => go("devices-title") },
  { code: "KeyL", shown: "Alt+L", key: "key_language", run: () => find("language").click() },
  { code: "KeyK", shown: "Alt+K", key: "key_help", run: openKeys },
  { shown: "Esc", key: "key_escape" },
  { shown: "Enter", key: "key_enter" },
];

function go(id) {
  find(id).focus();
  find(id).scrollIntoView({ block: "start" });
}

/** The act of the lane that has the focus; else of the only one that has it to offer. */
function press(act) {
  const here = document.activeElement?.closest(".lane");
  const buttons = [...(here ?? document).querySelectorAll(`.lane button[data-act="${act}"], button[data-act="${act}"]`)];
  if (here ? buttons.length > 0 : buttons.length === 1) buttons[0].click();
}

function laneNumber(number) {
  const lane = document.querySelectorAll(".lane")[number - 1];
  if (!lane) return;
  lane.focus();
  lane.scrollIntoView({ block: "nearest" });
}

function onKey(event) {
  // While an input method composes, keys are its own.
  if (event.isComposing || event.keyCode === 229 || !event.altKey || event.ctrlKey || event.metaKey) return;
  if (document.querySelector("dialog[open]") && event.code !== "KeyL") return;
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
  const binding = BINDINGS.find((one) => one.run && one.code === event.code);
  if (!digit && !binding) return;
  event.preventDefault();
  if (digit) laneNumber(Number(digit));
  else if (!document.querySelector("dialog[open]")) binding.run();
}

function openKeys() {
  const dialog = find("keys");
  const close = h("button", { type: "button", onclick: () => dialog.close() }, t("close"));
  dialog.replaceChildren(h("div", { class: "dialog" },
    h("h2", { id: "keys-title" }, t("keys")),
    h("dl", { class: "keys" }, BINDINGS.map((one) => h("div", {}, h("dt", {}, h("kbd", {}, one.shown)), h("dd", {}, t(one.key))))),
    h("div", { class: "buttons" }, close)));
  openDialog(dialog, close);
}

export function prepareKeys() {
  document.addEventListener("keydown", onKey);
  find("keys-open").addEventListener("click", openKeys);
  keepFocus(find("keys"));
  keepFocus(find("detail"));
}
