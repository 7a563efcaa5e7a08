// What passed lately, out of the gate's own journal, and one passage in full; looking a number up in the index.

import { fill, find, forget, h, icon, openDialog, show } from "./dom.js";
import { bound } from "./lanes.js";
import { clock, groups, isChinese, moment, said, span, t, tOr } from "./words.js";
import { ask } from "./wire.js";

const PAGE = 10;
const LOOK_AGAIN_MS = 1500;

let items = [];
let before = null;
let failed = false;
let asked = false;
let head = -1;
let due;

/** The journal has moved on: the newest page is asked for, now and then. */
export function watchPassages(state) {
  if (state.journal.head === head) return;
  head = state.journal.head;
  if (!due) due = setTimeout(refresh, asked ? LOOK_AGAIN_MS : 0);
}

async function refresh() {
  due = undefined;
  try {
    const page = await ask(`/api/passages?limit=${PAGE}`);
    const known = new Map(items.map((item) => [item.visit_id, item]));
    const more = items.length > PAGE;
    for (const item of page.items) known.set(item.visit_id, item);
    items = [...known.values()].sort((a, b) => b.seq - a.seq);
    if (!more) before = page.before;
    failed = false;
  } catch {
    failed = true;
  }
  asked = true;
  draw();
}

async function more() {
  try {
    const page = await ask(`/api/passages?limit=${PAGE}&before=${before}`);
    items = [...items, ...page.items.filter((item) => !items.some((one) => one.visit_id === item.visit_id))];
    before = page.before;
    failed = false;
  } catch {
    failed = true;
  }
  draw();
}

export function preparePassages() {
  find("passages-more").addEventListener("click", more);
  find("lookup").addEventListener("submit", lookUp);
}

/** After a change of language. */
export function redrawPassages() {
  forget(find("passages"));
  draw();
  if (found) drawFound();
}

const COLUMNS = ["col_time", "col_lane", "col_vehicle", "col_trip", "col_verdict", "col_outcome", "col_person", "col_detail"];

function draw() {
  show(find("passages-more"), before !== null && !failed);
  if (!asked) return;
  fill(find("passages"), [items, failed], ([list, failed]) => {
    if (failed) return h("p", { class: "empty" }, icon("warn"), t("passages_failed"), " ", h("button", { type: "button", onclick: refresh }, t("retry")));
    if (list.length === 0) return h("p", { class: "empty" }, t("passages_none"));
    return h("table", { class: "wide" },
      h("thead", {}, h("tr", {}, COLUMNS.map((key) => h("th", { scope: "col" }, t(key))))),
      h("tbody", {}, list.map(row)));
  });
}

function row(item) {
  const cell = (key, ...children) => h("td", { class: key, data: { label: t(key) } }, children);
  return h("tr", {},
    cell("col_time", h("time", { datetime: item.arrived_at }, moment(item.arrived_at))),
    cell("col_lane", item.lane_id ?? ""),
    cell("col_vehicle", media(item)),
    cell("col_trip", item.trip_no ? h("span", { class: "digits" }, `…${item.trip_no.slice(-8)}`) : ""),
    cell("col_verdict", verdict(item)),
    cell("col_outcome", outcome(item)),
    cell("col_person", [...new Set(item.acts.map((act) => act.person))].join(", ")),
    cell("col_detail", h("button", { type: "button", class: "quiet", data: { focus: item.visit_id }, "aria-label": t("detail_of", { lane: item.lane_id, time: moment(item.arrived_at) }), onclick: () => openDetail(item) }, t("detail"))));
}

function media(item) {
  if (item.media.length === 0) return "—";
  return item.media.map(([kind, value]) => h("span", { class: "value", title: tOr(`kind_${kind}`, kind) }, value));
}

function verdict(item) {
  if (!item.verdict) return "—";
  return [h("span", { class: `verdict ${item.verdict}` }, h("b", {}, item.verdict), ` ${tOr(`verdict_${item.verdict}`, "")}`), item.verdict !== "Y" && item.reason_words && h("span", { class: "why" }, said(item.reason_words))];
}

const OUTCOME_ICONS = { passed: "pass", released: "person", empty_exit: "person", unconfirmed: "warn", refused: "refuse", sent_back: "refuse", backed_out: "refuse", open: "busy" };

function outcome(item) {
  return h("span", { class: `outcome ${item.outcome}` }, icon(OUTCOME_ICONS[item.outcome] ?? "busy"), tOr(`outcome_${item.outcome}`, item.outcome));
}

async function openDetail(item) {
  const dialog = find("detail");
  const body = h("div", {});
  dialog.replaceChildren(h("div", { class: "dialog" },
    h("h2", { id: "detail-title", tabindex: "-1" }, t("detail_of", { lane: item.lane_id, time: moment(item.arrived_at) })),
    body,
    h("div", { class: "buttons" }, h("button", { type: "button", onclick: () => dialog.close() }, t("close")))));
  openDialog(dialog, find("detail-title"));
  try {
    const whole = await ask(`/api/passages/${encodeURIComponent(item.visit_id)}`);
    body.replaceChildren(summary(whole.passage), timeline(whole));
  } catch {
    body.replaceChildren(h("p", { class: "empty" }, icon("warn"), t("passages_failed")));
  }
}

function summary(item) {
  const fact = (key, ...value) => h("div", {}, h("dt", {}, t(key)), h("dd", {}, value));
  return h("dl", { class: "facts" },
    fact("col_outcome", outcome(item)),
    fact("col_verdict", verdict(item)),
    fact("col_vehicle", media(item)),
    h("div", { class: "whole" }, h("dt", {}, t("col_trip")), h("dd", {}, item.trip_no ? h("span", { class: "digits" }, groups(item.trip_no)) : "—")));
}

function timeline({ events, reasons }) {
  return h("section", {}, h("h3", {}, t("events")), h("ol", { class: "timeline" }, events.map((event) => step(event, reasons))));
}

function step(event, reasons) {
  const detail = event.detail ?? {};
  const raised = event.outcome && tOr(event.outcome === "refused" ? "outcome_raise_refused" : `outcome_${event.outcome}`, event.outcome);
  const reason = event.reason_code !== "ok" && (said(reasons[event.reason_code]) || event.reason_code);
  const what = [event.verdict && `${event.verdict} ${tOr(`verdict_${event.verdict}`, "")}`, reason, raised].filter(Boolean).join(" · ");
  const second = detail.second && (detail.code ? t("by_code", { person: detail.second, code: detail.code }) : detail.second);
  const person = event.officer_id && [event.officer_id, second].filter(Boolean).join(" + ");
  const why = detail.reason ?? detail.why ?? detail.message;
  return h("li", {},
    h("time", { datetime: event.occurred_at }, clock(event.occurred_at)),
    h("p", {}, h("b", {}, tOr(`event_${event.event_type}`, event.event_type)), what && ` ${what}`, person && h("span", { class: "who" }, icon("person"), person), typeof why === "string" && h("q", {}, why)),
    h("details", {}, h("summary", {}, t("raw")), h("pre", { tabindex: "0" }, JSON.stringify(event, null, 1))));
}

let found;

async function lookUp(event) {
  event.preventDefault();
  const q = find("lookup-q").value.trim();
  if (!q) return find("lookup-q").focus();
  try {
    found = { q, answer: await ask(`/api/lookup?q=${encodeURIComponent(q)}`) };
  } catch (refused) {
    const field = refused.fields?.[0];
    const words = field ? (isChinese() ? field.message : field.message_en) : refused.words ? said(refused.words) : t("failed", { status: refused.status });
    found = { q, words };
  }
  drawFound();
}

function drawFound() {
  const { q, answer, words } = found;
  if (words) return find("found").replaceChildren(h("p", { class: "empty" }, icon("warn"), words));
  const { trips, stubs, denied } = answer;
  const nothing = trips.length + stubs.length + denied.length === 0;
  find("found").replaceChildren(
    ...[
      nothing && h("p", { class: "empty" }, t("lookup_nothing", { q })),
      ...denied.map((row) => h("p", { class: "found denied" }, icon("refuse"), t("lookup_denied", { why: row.reason }))),
      ...trips.map((trip) => h("article", { class: "found" }, h("h3", { class: "digits" }, groups(trip.trip_no)), bound(trip))),
      ...stubs.map((stub) => h("article", { class: "found" }, h("h3", { class: "digits" }, groups(stub.trip_no)), h("p", {}, icon("warn"), t("lookup_stub", { why: said(stub.reason_words) })))),
      answer.age_s !== null && h("p", { class: "hint" }, t("lookup_age", { age: span(answer.age_s) })),
    ].filter(Boolean),
  );
}
