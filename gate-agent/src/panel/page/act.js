// The dialog in which a person acts: what it does, why, who, and for how long. Nothing is sent without all of them.
// The confirming button is never the default: Enter goes to the next field.

import { announce, find, h, icon, keepFocus, openDialog, show } from "./dom.js";
import { isChinese, said, t } from "./words.js";
import { lane as laneOf, vehicle } from "./lanes.js";
import { Refused, send } from "./wire.js";

/** Acts that are about the vehicle in the lane, and must not meet another one. */
const ABOUT_VEHICLE = ["release", "send_back", "correct", "choose", "empty_exit"];
const OPENS = ["release", "empty_exit"];
const VALID = [10, 30, 60, 120];
const VALID_DEFAULT = 30;
const UNCHOSEN = "?";
const WAYS = ["person", "code"];
const KINDS = ["VN", "VE", "IC", "BC", "containers", "seals", "weight"];

let open; // What the dialog is about, while it is open.
let lastPerson = "";

/** Who is logged in fills the first field. */
export function setReader(person) {
  if (person) lastPerson = person.id;
}

export function openAct(name, laneId, tripNo) {
  const lane = laneOf(laneId);
  if (!lane || find("act").open) return;
  open = { name, laneId, tripNo, visit: lane.visit_id, form: undefined, busy: false };
  const dialog = find("act");
  dialog.replaceChildren(content(lane));
  openDialog(dialog, dialog.querySelector("[data-first]") ?? dialog.querySelector("select, textarea, input"));
}

/** The lane moves on while somebody types: what no longer fits is said at once. */
export function watchAct() {
  if (!open || open.busy) return;
  const lane = laneOf(open.laneId);
  const isGone = ABOUT_VEHICLE.includes(open.name) && lane?.visit_id !== open.visit;
  if (isGone && !open.gone) {
    open.gone = true;
    complain([{ message: t("vehicle_changed") }]);
    find("act-confirm").disabled = true;
  }
}

function content(lane) {
  const { name } = open;
  const values = { lane: t("lane", { lane: lane.lane_id }), vehicle: vehicle(lane) };
  return h(
    "form",
    { class: "dialog", onsubmit: (event) => event.preventDefault(), onkeydown: onKey, novalidate: true },
    h("h2", { id: "act-title" }, `${t(`act_${name}`)} · ${values.lane}`),
    h("p", { class: "effect" }, icon("warn"), h("span", {}, t(`effect_${name}`, values))),
    h("div", { id: "act-errors", class: "errors", tabindex: "-1", role: "alert", hidden: true }),
    name === "release" && tripField(lane),
    name === "choose" && h("p", { class: "digits chosen" }, open.tripNo),
    name === "correct" && correctFields(lane),
    reasonFields(name),
    personFields(lane),
    h("div", { class: "buttons" },
      h("button", { type: "button", onclick: () => find("act").close() }, t("cancel")),
      h("button", { type: "button", id: "act-confirm", class: `act ${name}`, onclick: confirm }, t(`act_${name}`))),
  );
}

function field(path, label, input, hint, isRequired = false) {
  const id = input.id;
  const hintId = hint && `${id}-hint`;
  input.setAttribute("aria-describedby", [hintId, `${id}-error`].filter(Boolean).join(" "));
  if (isRequired) input.setAttribute("aria-required", "true");
  return h("div", { class: "field", data: { path } },
    h("label", { for: id }, t(label), isRequired && h("span", { class: "required", "aria-hidden": "true" }, " *")),
    input,
    hint && h("p", { class: "hint", id: hintId }, t(hint)),
    h("p", { class: "error", id: `${id}-error`, hidden: true }));
}

/** For which trip the barrier rises: the matched one, or the only one offered; of several a person must say. */
function tripField(lane) {
  const trips = [lane.trip, ...lane.offered].filter(Boolean);
  if (trips.length === 0) return h("p", { class: "hint" }, t("trip_none"));
  const isClear = Boolean(lane.trip) || trips.length === 1;
  const option = (trip, place) =>
    h("option", { value: trip.trip_no, selected: isClear && place === 0 }, trip === lane.trip ? t("trip_matched", { trip: short(trip) }) : short(trip));
  return field("trip", "field_trip", h("select", { id: "act-trip", data: { first: "" } },
    !isClear && h("option", { value: UNCHOSEN, selected: true, disabled: true }, t("trip_choose")), trips.map(option), h("option", { value: "" }, t("trip_none"))));
}

/** The end of the number, which is what tells trips apart. */
const short = (trip) => `…${trip.trip_no.slice(-12)}`;

function correctFields(lane) {
  const kind = h("select", { id: "act-kind", data: { first: "" }, onchange: () => hintFor(kind.value) }, KINDS.map((value) => h("option", { value }, t(`kind_${value}`))));
  const known = lane.compare.find((row) => row.differs)?.what;
  const guess = { plate: "VN", e_plate: "VE", ic_card: "IC", barcode: "BC", container: "containers", seal: "seals", weight: "weight" }[known];
  if (guess) kind.value = guess;
  const value = h("input", { id: "act-value", type: "text", maxlength: "300", autocomplete: "off", spellcheck: "false", autocapitalize: "characters" });
  const fields = [field("read", "field_kind", kind), field("read.value", "field_value", value, "hint_one", true)];
  queueMicrotask(() => hintFor(kind.value));
  return fields;
}

function hintFor(kind) {
  const key = kind === "weight" ? "hint_weight" : kind === "containers" || kind === "seals" ? "hint_many" : "hint_one";
  find("act-value-hint").textContent = t(key);
  find("act-value").inputMode = kind === "weight" ? "decimal" : "text";
}

function reasonFields(name) {
  const reason = h("textarea", { id: "act-reason", rows: "2", maxlength: "200" });
  const presets = t(`presets_${name}`).split("|");
  const choose = h("select", { id: "act-preset", onchange: () => { if (choose.value) reason.value = choose.value; } },
    h("option", { value: "" }, t("reason_preset_none")), presets.map((text) => h("option", { value: text }, text)));
  const valid = h("select", { id: "act-valid_s" }, VALID.map((n) => h("option", { value: n, selected: n === VALID_DEFAULT }, t("valid_seconds", { n }))));
  return [
    h("div", { class: "pair" }, field("preset", "reason_preset", choose), field("valid_s", "field_valid", valid, "hint_valid")),
    field("reason", "field_reason", reason, "hint_reason", true),
  ];
}

function personFields(lane) {
  const id = (name, value = "") => h("input", { id: name, type: "text", maxlength: "64", autocomplete: "off", spellcheck: "false", autocapitalize: "off", value });
  const pin = (name) => h("input", { id: name, type: "password", inputmode: "numeric", maxlength: "64", autocomplete: "off" });
  const needsTwo = OPENS.includes(open.name) && lane.two_persons;
  return [
    h("div", { class: "pair" }, field("person", "field_person", id("act-person", lastPerson), undefined, true), field("pin", "field_pin", pin("act-pin"), undefined, true)),
    needsTwo && secondFields(id, pin),
  ];
}

/** The second person types his PIN here, or has issued a code before. */
function secondFields(id, pin) {
  const code = id("act-code");
  code.setAttribute("autocapitalize", "characters");
  const way = h("select", { id: "act-way", onchange: () => showWay(way.value) }, WAYS.map((value) => h("option", { value }, t(`way_${value}`))));
  queueMicrotask(() => showWay(way.value));
  return [
    field("way", "field_way", way, "second_why"),
    h("div", { class: "pair", data: { way: "person" } }, field("second.person", "field_second", id("act-second"), undefined, true), field("second.pin", "field_second_pin", pin("act-second-pin"), undefined, true)),
    h("div", { data: { way: "code" } }, field("code", "field_code", code, "hint_code", true)),
  ];
}

/** What is not asked for is not there for Enter, Tab and sending either. */
function showWay(chosen) {
  for (const box of document.querySelectorAll("#act [data-way]")) {
    box.hidden = box.dataset.way !== chosen;
    for (const input of box.querySelectorAll("input")) input.disabled = box.hidden;
  }
}

/** Enter goes on to the next field, and acts only on the button that has the focus. */
function onKey(event) {
  const { target } = event;
  if (event.key !== "Enter" || event.isComposing || event.keyCode === 229 || target.matches("button, textarea, summary")) return;
  event.preventDefault();
  const fields = [...event.currentTarget.querySelectorAll("input, select, textarea, button")].filter((one) => !one.disabled);
  fields[fields.indexOf(target) + 1]?.focus();
}

const isAsked = (id) => find(id)?.disabled === false;
const text = (id) => find(id)?.value.trim() ?? "";

/** What the form says, and what of it cannot be sent. */
function gather() {
  const wrong = [];
  const need = (path, id, key, holds = (value) => value !== "") => {
    if (isAsked(id) && !holds(text(id))) wrong.push({ path, message: t(key) });
  };
  const body = { person: text("act-person"), pin: find("act-pin").value, do: open.name, reason: text("act-reason"), valid_s: Number(find("act-valid_s").value) };
  if (ABOUT_VEHICLE.includes(open.name)) body.visit = open.visit;
  if (open.name === "choose") body.trip = open.tripNo;
  if (text("act-trip")) body.trip = text("act-trip");
  need("trip", "act-trip", "required_trip", (value) => value !== UNCHOSEN);
  if (open.name === "correct") body.read = reading(wrong);
  const length = [...body.reason].length;
  if (length < 2 || length > 200) wrong.push({ path: "reason", message: t("required_reason") });
  need("person", "act-person", "required_person");
  need("pin", "act-pin", "required_pin");
  need("second.person", "act-second", "required_second");
  need("second.pin", "act-second-pin", "required_second_pin");
  need("code", "act-code", "required_code");
  if (isAsked("act-second")) body.second = { person: text("act-second"), pin: find("act-second-pin").value };
  if (isAsked("act-code")) body.code = text("act-code");
  return { body, wrong };
}

function reading(wrong) {
  const [kind, value] = [find("act-kind").value, text("act-value")];
  const numbers = value.split(/[\s,，、;；]+/).filter(Boolean);
  const refuse = (key) => void wrong.push({ path: "read.value", message: t(key) });
  if (kind === "containers") return { containers: numbers };
  if (kind === "seals") return { seals: numbers };
  if (value === "") return refuse("required_value");
  if (kind !== "weight") return { medium_type: kind, medium_key: value };
  return /^\d{1,6}([.]\d{1,2})?$/.test(value) ? { weight_kg: Number(value) } : refuse("bad_weight");
}

async function confirm() {
  if (!open || open.busy || open.gone) return;
  const { body, wrong } = gather();
  if (wrong.length > 0) return complain(wrong);
  const [about, button] = [open, find("act-confirm")];
  about.busy = true;
  button.disabled = true;
  button.textContent = t("working");
  lastPerson = body.person;
  try {
    await send(`/api/lanes/${encodeURIComponent(about.laneId)}/acts`, body, body.valid_s);
    find("act").close();
    toast(t("done", { act: t(`act_${about.name}`), lane: t("lane", { lane: about.laneId }) }));
  } catch (refused) {
    if (open !== about) return;
    button.textContent = t(`act_${about.name}`);
    button.disabled = false;
    about.busy = false;
    complain(told(refused));
    watchAct();
  }
}

/** What a refusal says, member by member. */
function told(refused) {
  if (!(refused instanceof Refused)) throw refused;
  if (refused.status === 0) return [{ message: t("no_answer") }];
  const words = (one) => (isChinese() ? one.message : one.message_en);
  const fields = refused.fields.map((one) => ({ path: one.path.startsWith("read.") ? "read.value" : one.path, message: words(one) }));
  if (fields.length > 0) return fields;
  return [{ message: t("refused", { why: refused.words ? said(refused.words) : t("failed", { status: refused.status }) }) }];
}

/** The summary on top, focused, each line leading to its field; the same words stand below the field. */
function complain(faults) {
  const summary = find("act-errors");
  for (const place of document.querySelectorAll("#act .error")) {
    place.hidden = true;
    place.closest(".field").querySelector("input, select, textarea").removeAttribute("aria-invalid");
  }
  const line = (fault) => {
    const box = fault.path && document.querySelector(`#act .field[data-path="${CSS.escape(fault.path)}"]`);
    if (!box) return h("li", {}, fault.message);
    const input = box.querySelector("input, select, textarea");
    const place = box.querySelector(".error");
    place.textContent = fault.message;
    place.hidden = false;
    input.setAttribute("aria-invalid", "true");
    if (input.type === "password") input.value = "";
    return h("li", {}, h("a", { href: `#${input.id}`, onclick: (event) => { event.preventDefault(); input.focus(); } }, fault.message));
  };
  summary.replaceChildren(h("p", {}, icon("warn"), t("errors")), h("ul", {}, faults.map(line)));
  summary.hidden = false;
  summary.focus();
}

let toastEnds;

export function toast(words) {
  const place = find("done");
  place.textContent = words;
  show(place, true);
  announce(words);
  clearTimeout(toastEnds);
  toastEnds = setTimeout(() => show(place, false), 8000);
}

export function prepareAct() {
  const dialog = find("act");
  keepFocus(dialog);
  dialog.addEventListener("close", () => {
    open = undefined;
    dialog.replaceChildren(); // And with it every PIN.
  });
}
