// The page: follows the agent's state and shows it, in the chosen language. Everything else is a module beside this one.

import { prepareAct, setReader, watchAct } from "./act.js";
import { fill, find, h, icon, keepFocus, openDialog, setText, show } from "./dom.js";
import { forgetGate, showGate, tickClock } from "./gate.js";
import { prepareKeys } from "./keys.js";
import { forgetLanes, setClock, showLanes, tickLanes } from "./lanes.js";
import { preparePassages, redrawPassages, watchPassages } from "./passages.js";
import { ask, follow, Refused, send } from "./wire.js";
import { clock, isChinese, said, switchLanguage, t, tag } from "./words.js";

let newest;
let stop;
let wasLost = false;

/** How many lanes wait for a person stands in the tab, for whoever has another window open. */
function title() {
  const own = newest ? `${t("title")} ${newest.gate_id}` : t("title");
  const n = newest ? newest.lanes.filter((lane) => lane.state === "held").length : 0;
  document.title = n > 0 ? t("title_waiting", { n, title: own }) : own;
}

function onState(state) {
  newest = state;
  title();
  setClock(state.at);
  showGate(state);
  showLanes(state);
  watchPassages(state);
  watchAct();
}

function onLine(lives) {
  const line = find("line");
  document.body.dataset.line = lives ? "lives" : "lost";
  if (lives === !wasLost) return;
  wasLost = !lives;
  show(line, !lives);
  if (!lives) {
    setText(line, t("line_lost", { at: newest ? clock(newest.at) : "—" }));
    // It may be the log-in that has ended.
    session();
  } else {
    setText(line, "");
    const done = find("done");
    setText(done, t("line_back"));
    show(done, true);
    setTimeout(() => show(done, false), 5000);
  }
}

function language() {
  document.documentElement.lang = tag();
  title();
  for (const element of document.querySelectorAll("[data-t]")) setText(element, t(element.dataset.t));
  find("language").setAttribute("aria-label", t("language_label"));
  find("language").lang = isChinese() ? "en" : "zh-CN";
  if (!newest) return;
  forgetLanes();
  forgetGate();
  showGate(newest);
  showLanes(newest);
  redrawPassages();
}

async function session() {
  try {
    const told = await ask("/api/session");
    const { person, required } = told;
    setReader(person);
    show(find("reader"), Boolean(person));
    show(find("logout"), Boolean(person));
    if (person) fill(find("reader"), person, (who) => [icon("person"), t("reads_as", { name: who.name })]);
    if (required && !person) askForLogin();
    else start();
  } catch {
    start(); // The line says by itself that there is no answer.
  }
}

function start() {
  stop ??= follow(onState, onLine);
}

function askForLogin() {
  stop?.();
  stop = undefined;
  const dialog = find("login");
  if (dialog.open) return;
  const person = h("input", { id: "login-person", type: "text", autocomplete: "username", maxlength: "64", spellcheck: "false", autocapitalize: "off" });
  const pin = h("input", { id: "login-pin", type: "password", inputmode: "numeric", autocomplete: "off", maxlength: "64" });
  const errors = h("p", { class: "error", role: "alert", tabindex: "-1", hidden: true });
  const enter = async (event) => {
    event.preventDefault();
    try {
      await send("/api/login", { person: person.value.trim(), pin: pin.value });
      dialog.close("in");
      session();
    } catch (refused) {
      if (!(refused instanceof Refused)) throw refused;
      pin.value = "";
      errors.textContent = refused.words ? said(refused.words) : t("no_answer");
      show(errors, true);
      errors.focus();
    }
  };
  dialog.replaceChildren(h("form", { class: "dialog", onsubmit: enter },
    h("h2", { id: "login-title" }, t("login")),
    h("p", { class: "hint" }, newest ? t("logged_out") : t("login_why")),
    errors,
    h("div", { class: "field" }, h("label", { for: "login-person" }, t("field_person")), person),
    h("div", { class: "field" }, h("label", { for: "login-pin" }, t("field_pin")), pin),
    h("div", { class: "buttons" }, h("button", { type: "submit" }, t("login")))));
  openDialog(dialog, person);
}

function prepare() {
  prepareAct();
  prepareKeys();
  preparePassages();
  keepFocus(find("login"));
  find("login").addEventListener("cancel", (event) => event.preventDefault());
  find("language").addEventListener("click", () => {
    switchLanguage();
    language();
  });
  find("logout").addEventListener("click", async () => {
    await send("/api/logout", {}).catch(() => {});
    location.reload();
  });
  window.addEventListener("kakou-login", session);
  // Somebody is there: a log-in that is used does not end.
  let said = 0;
  for (const kind of ["pointerdown", "keydown"]) {
    document.addEventListener(kind, () => {
      if (find("reader").hidden || Date.now() - said < 60_000) return;
      said = Date.now();
      ask("/api/session").catch(() => {});
    });
  }
  setInterval(() => {
    tickClock();
    tickLanes();
  }, 1000);
}

prepare();
language();
tickClock();
session();
