// The lanes: what each does, what to do next, what was read beside what is bound, and the acts that are possible now.

import { announce, fill, find, forget, h, icon, setText, show } from "./dom.js";
import { clock, grouped, groups, moment, said, t, tOr, waited } from "./words.js";
import { openAct } from "./act.js";

/** How a lane looks at first sight; the words beside the colour say the same. */
function tone(lane) {
  if (!lane.running || lane.state === "closed") return "off";
  if (lane.state === "held") return lane.verdict === "N" ? "refuse" : "person";
  if (lane.state === "opening" || lane.state === "passing") return "pass";
  if (lane.state !== "idle") return "busy";
  return lane.is_closed ? "off" : "idle";
}

function stateName(lane) {
  if (!lane.running) return t("state_dead");
  if (lane.state === "idle" && lane.is_closed) return t("state_closed_by_hand");
  return tOr(`state_${lane.state}`, lane.state);
}

/** A green light goes with a barrier that is or goes up for a vehicle; else the lane is kept red. */
function light(lane) {
  const green = lane.state === "opening" || (lane.state === "passing" && lane.arm !== "closed");
  return green ? "green" : "red";
}

/** The vehicle as a person would call it. */
export function vehicle(lane) {
  const read = (what) => lane.compare.find((row) => row.what === what)?.read[0];
  const id = read("plate") ?? read("medium") ?? read("e_plate") ?? read("ic_card") ?? read("barcode");
  return id ? t("vehicle_known", { id }) : t("vehicle_unknown");
}

const cards = new Map();
let lanes = [];

export function lane(id) {
  return lanes.find((one) => one.lane_id === id);
}

export function showLanes(state) {
  const box = find("lanes");
  if (cards.size === 0) box.replaceChildren();
  lanes = state.lanes;
  for (const one of lanes) {
    let card = cards.get(one.lane_id);
    if (!card) {
      card = makeCard(one.lane_id);
      cards.set(one.lane_id, card);
      box.append(card.root);
    }
    update(card, one);
  }
}

/** After a change of language everything is told anew. */
export function forgetLanes() {
  for (const card of cards.values()) {
    for (const part of card.parts) forget(part);
    card.told = undefined;
  }
}

function makeCard(id) {
  const part = (name, members = {}) => h(name, members);
  const card = {
    title: h("h3", { id: `lane-title-${id}` }),
    pill: part("p", { class: "pill" }),
    next: part("p", { class: "next" }),
    driver: part("p", { class: "driver" }),
    judged: part("p", { class: "judged" }),
    facts: part("dl", { class: "strip" }),
    compare: part("div", { class: "compare" }),
    trip: part("div", { class: "trip" }),
    offered: part("div", { class: "offered" }),
    acts: part("div", { class: "acts" }),
    told: undefined,
  };
  card.parts = [card.title, card.pill, card.next, card.driver, card.judged, card.facts, card.compare, card.trip, card.offered, card.acts];
  card.root = h(
    "article",
    { class: "lane", id: `lane-${id}`, tabindex: "-1", "aria-labelledby": `lane-title-${id}`, data: { lane: id } },
    h("header", {}, card.title, card.pill),
    card.next,
    card.driver,
    card.judged,
    card.facts,
    card.compare,
    card.trip,
    card.offered,
    card.acts,
  );
  return card;
}

function update(card, lane) {
  const look = tone(lane);
  card.root.dataset.tone = look;
  fill(card.title, [lane.lane_id, lane.direction], ([id, direction]) => [
    h("span", { class: "lane-id" }, id),
    h("span", { class: "direction" }, icon(direction === "OUT" ? "out" : "in"), t(direction ? `direction_${direction.toLowerCase()}` : "direction_none")),
  ]);
  fill(card.pill, [look, stateName(lane)], ([look, name]) => [icon(look), name]);
  fill(card.next, lane.next, (next) => [icon("next"), h("span", {}, h("b", { class: "unseen" }, `${t("next")}: `), said(next))]);
  show(card.driver, Boolean(lane.driver));
  fill(card.driver, lane.driver ?? null, (driver) => driver && [icon("say"), h("span", {}, h("b", {}, `${t("driver")}: `), `“${said(driver)}”`)]);
  facts(card, lane, look);
  compare(card, lane);
  trip(card, lane);
  offered(card, lane);
  acts(card, lane);
  tell(card, lane, look);
  tickOne(card, lane);
}

function facts(card, lane, look) {
  const verdict = { verdict: lane.verdict, reason: lane.verdict === "Y" ? null : lane.reason_words };
  show(card.judged, Boolean(verdict.verdict || verdict.reason));
  fill(card.judged, verdict, ({ verdict, reason }) => [
    verdict && h("span", { class: `verdict ${verdict}` }, h("b", {}, verdict), ` ${tOr(`verdict_${verdict}`, "")}`),
    reason && h("span", { class: "reason" }, h("span", { class: "unseen" }, `${t("reason")}: `), said(reason)),
  ]);
  const shown = {
    since: lane.since,
    arm: lane.arm,
    light: light(lane),
    faults: lane.faults,
    closed: lane.closed ?? null,
    look,
  };
  fill(card.facts, shown, (facts) => [
    facts.since && fact("since", "vehicle_since", h("time", { datetime: facts.since }, clock(facts.since)), " ", h("span", { class: "waited" })),
    fact("arm", "arm", icon(facts.arm === "open" ? "up" : "down"), t(`arm_${facts.arm || "unknown"}`)),
    fact("light", "light", h("span", { class: `lamp ${facts.light}` }, icon("light")), t(`light_${facts.light}`)),
    facts.closed && fact("closed", "closed_by_hand", h("time", { datetime: facts.closed.at }, moment(facts.closed.at)), " ", h("span", { class: "who" }, facts.closed.by), " ", h("q", {}, facts.closed.reason)),
    facts.faults.length > 0 && fact("faults", "faults", icon("warn"), facts.faults.join(", ")),
  ]);
}

function fact(name, key, ...value) {
  return h("div", { class: name }, h("dt", {}, t(key)), h("dd", {}, value));
}

function compare(card, lane) {
  show(card.compare, lane.compare.length > 0);
  fill(card.compare, lane.compare, (rows) =>
    rows.length > 0 &&
    h(
      "table",
      {},
      h("caption", { class: "unseen" }, t("compare")),
      h("thead", {}, h("tr", {}, ["what", "read", "expected"].map((key) => h("th", { scope: "col" }, t(key))))),
      h("tbody", {}, rows.map(compareRow)),
    ),
  );
}

function compareRow(row) {
  const number = (text) => (row.what === "weight" && !Number.isNaN(Number(text)) ? grouped(text) : text);
  const cell = (key, values, none) =>
    h("td", { data: { label: t(key) } }, values.length > 0 ? values.map((value) => h("span", { class: row.what === "weight" ? "value nowrap" : "value" }, number(value))) : h("span", { class: "none" }, t(none)));
  const mark = row.differs && h("span", { class: "differs" }, icon("warn"), t("differs"));
  const expected = cell("expected", row.expected, "nothing_bound");
  if (mark) expected.append(mark);
  return h("tr", { class: row.differs ? "wrong" : "" }, h("th", { scope: "row" }, tOr(`what_${row.what}`, row.what)), cell("read", row.read, "nothing_read"), expected);
}

function trip(card, lane) {
  show(card.trip, Boolean(lane.trip));
  fill(card.trip, lane.trip ?? null, (trip) => trip && h("details", { data: { focus: "trip" } }, h("summary", { data: { focus: "trip-more" } }, `${t("trip")} `, h("span", { class: "digits" }, groups(trip.trip_no))), bound(trip)));
}

/** What tells trips of one medium apart. */
function brief(trip) {
  const facts = trip.bound;
  if (!facts) return h("p", { class: "none" }, t("bound_gone"));
  const values = [...facts.documents, ...facts.plates, ...facts.containers];
  return h("p", {}, values.map((value) => h("span", { class: "value" }, value)), h("span", { class: "hint" }, tOr(`status_${facts.status}`, facts.status)));
}

/** What is bound to a trip, as a list of facts. */
export function bound(trip) {
  const facts = trip.bound;
  if (!facts) return h("p", { class: "none" }, t("bound_gone"));
  const list = (key, values) => values.length > 0 && fact(key, key, values.map((value) => h("span", { class: "value" }, value)));
  const weight = (kg) => (kg === null || kg === undefined ? t("bound_unknown") : grouped(kg));
  return h(
    "dl",
    { class: "facts bound" },
    fact("bound_medium", "bound_medium", `${tOr(`kind_${facts.medium_type}`, facts.medium_type)} `, h("span", { class: "value" }, facts.medium_key)),
    list("bound_documents", facts.documents),
    list("bound_plates", facts.plates),
    list("bound_containers", facts.containers),
    list("bound_seals", facts.seals),
    fact("bound_weights", "bound_weights", t("bound_weights_value", {
      vehicle: weight(facts.vehicle_kg), trailer: weight(facts.trailer_kg), container: weight(facts.container_kg), cargo: weight(facts.cargo_kg),
    })),
    fact("bound_status", "bound_status", `${tOr(`status_${facts.status}`, facts.status)}, ${t(facts.entry_passed ? "bound_entered" : "bound_not_entered")}`),
    fact("bound_enterprise", "bound_enterprise", h("span", { class: "digits" }, facts.uscc)),
  );
}

function offered(card, lane) {
  show(card.offered, lane.offered.length > 0);
  const facts = [lane.offered, lane.acts.includes("choose")];
  fill(card.offered, facts, ([trips, mayChoose]) =>
    trips.length > 0 && [
      h("h4", {}, t("offered")),
      h("ul", {}, trips.map((trip) =>
        h("li", {},
          h("div", {}, h("p", { class: "digits" }, groups(trip.trip_no)), brief(trip)),
          mayChoose && h("button", { type: "button", data: { focus: `choose-${trip.trip_no}` }, onclick: () => openAct("choose", lane.lane_id, trip.trip_no) }, t("act_choose_this")),
          h("details", {}, h("summary", {}, t("trip_more")), bound(trip))))),
    ],
  );
}

function acts(card, lane) {
  const possible = lane.acts.filter((name) => name !== "choose");
  const hadFocus = card.acts.contains(document.activeElement);
  fill(card.acts, possible, (names) =>
    names.map((name) =>
      h("button", { type: "button", class: `act ${name}`, data: { focus: name, act: name }, onclick: () => openAct(name, lane.lane_id) }, t(`act_${name}`))),
  );
  // The button under the keyboard may be gone; the lane itself is the next best place.
  if (hadFocus && !card.acts.contains(document.activeElement)) card.root.focus();
}

/** A new verdict, or a lane that begins to wait for somebody, is said aloud. */
function tell(card, lane, look) {
  const told = [lane.visit_id, lane.verdict, lane.reason, lane.state === "held"].join();
  const isNews = card.told !== undefined && card.told !== told;
  card.told = told;
  const waits = look === "person" || look === "refuse";
  if (isNews && (waits || (lane.verdict && lane.state === "opening"))) {
    announce(t("announce", {
      lane: t("lane", { lane: lane.lane_id }),
      verdict: tOr(`verdict_${lane.verdict}`, stateName(lane)),
      reason: said(lane.reason_words),
      next: said(lane.next),
    }));
  }
}

/** The agent's clock minus this machine's, so that waits are right where this one is wrong. */
let offset = 0;

export function setClock(at) {
  if (at) offset = new Date(at).getTime() - Date.now();
}

export const agentNow = () => Date.now() + offset;

export function tickLanes() {
  for (const one of lanes) tickOne(cards.get(one.lane_id), one);
}

function tickOne(card, lane) {
  const place = card?.facts.querySelector(".waited");
  if (place && lane.since) setText(place, t("for", { time: waited((agentNow() - new Date(lane.since).getTime()) / 1000) }));
}
