// The gate itself: what must be looked at, devices, journal, index, centre, and how long it could go on alone.

import { fill, find, forget, h, icon, setText } from "./dom.js";
import { bytes, clock, days, grouped, said, span, t } from "./words.js";
import { agentNow } from "./lanes.js";

export function showGate(state) {
  setText(find("gate-id"), state.gate_id);
  chips(state);
  attention(state.attention);
  devices(state.devices);
  facts(state);
}

export function forgetGate() {
  for (const id of ["chips", "attention", "devices", "gate"]) forget(find(id));
}

export function tickClock() {
  setText(find("clock"), clock(agentNow()));
}

function chips(state) {
  const left = state.offline ? days(state.offline.left_s) : "0";
  fill(find("chips"), [state.not_ready.length === 0, state.centre.online, left], ([ready, online, left]) => [
    h("span", { class: `chip ${ready ? "good" : "bad"}` }, icon(ready ? "pass" : "refuse"), t(ready ? "chip_ready" : "chip_not_ready")),
    h("span", { class: `chip ${online ? "good" : "warn"}` }, icon(online ? "pass" : "warn"), t(online ? "chip_centre_on" : "chip_centre_off")),
    h("span", { class: `chip ${Number(left) < 3 ? "warn" : ""}` }, t("chip_offline_days", { days: left })),
  ]);
}

function attention(all) {
  fill(find("attention"), all, (all) => {
    if (all.length === 0) return h("li", { class: "well" }, icon("pass"), t("attention_none"));
    return all.map((one) =>
      h("li", { class: one.severity, data: { what: one.what } },
        icon(one.severity === "stops" ? "refuse" : "warn"),
        h("p", {}, h("b", { class: "severity" }, t(`severity_${one.severity}`)), " ", h("span", { class: "cause" }, said(one.cause)), h("span", { class: "do" }, icon("next"), said(one.next)))));
  });
}

const COUNTS = [["col_reads", "reads"], ["col_bad", "bad_checks"], ["col_noise", "noise_bytes"], ["col_errors", "errors"], ["col_reconnects", "reconnects"]];

function devices(all) {
  fill(find("devices"), all, (all) => {
    if (all.length === 0) return h("p", { class: "empty" }, "—");
    const heads = ["device", "kind", "col_state", ...COUNTS.map(([key]) => key), "col_next"];
    return h("table", { class: "wide devices" },
      h("thead", {}, h("tr", {}, heads.map((key) => h("th", { scope: "col" }, t(key))))),
      h("tbody", {}, all.map(device)));
  });
}

function device(one) {
  const cell = (key, ...children) => h("td", { class: key, data: { label: t(key) } }, children);
  const state = h("span", { class: one.online ? "good" : "bad" }, icon(one.online ? "pass" : "refuse"), t(one.online ? "online" : "offline"));
  return h("tr", { class: one.online ? "" : "wrong" },
    h("th", { scope: "row", data: { label: t("device") } }, one.name),
    cell("kind", one.kind),
    cell("col_state", state, (one.locks ?? []).map((lock) => h("span", { class: "note" }, said(lock.words)))),
    COUNTS.map(([key, count]) => h("td", { class: `number ${one[count] === 0 ? "zero" : ""}`, data: { label: t(key) } }, grouped(one[count]))),
    cell("col_next", one.next ? said(one.next) : ""));
}

function facts(state) {
  const { centre, index, journal, offline, pins } = state;
  // Rounded as they are shown, so that nothing is drawn anew for a second more.
  const age = index.age_s === null ? null : span(index.age_s);
  const commit = (journal.last_commit_us / 1000).toFixed(1);
  fill(find("gate"), { centre, index: { ...index, age }, journal: { ...journal, commit }, offline: told(offline, index), pins, version: state.version }, (facts) => [
    fact("centre", facts.centre.online ? [icon("pass"), t("centre_online")] : [icon("warn"), t("centre_offline")], facts.centre.error),
    fact("clock_offset", facts.centre.clock_offset_ms === null ? t("clock_unknown") : t("clock_offset_value", { s: (facts.centre.clock_offset_ms / 1000).toFixed(1) })),
    fact("index", facts.index.revision === null ? [icon("warn"), t("index_none")] : t("index_value", { revision: facts.index.revision, age: facts.index.age }), facts.index.damage),
    fact("offline_days", ...facts.offline),
    fact("journal", journalState(facts.journal), facts.journal.error, t("journal_value", { head: grouped(facts.journal.head), backlog: grouped(facts.journal.backlog) }), t("commit", { ms: facts.journal.commit })),
    fact("pins", t("pins_value", { n: facts.pins.persons }), facts.pins.locked > 0 && t("pins_locked", { n: facts.pins.locked })),
    fact("version", facts.version),
  ]);
}

/** A fact: its name, its value, and what explains it. */
function fact(key, value, ...notes) {
  return h("div", { class: key }, h("dt", {}, t(key)), h("dd", {}, h("span", {}, value), notes.filter(Boolean).map((note) => h("span", { class: "note" }, note))));
}

function journalState(journal) {
  if (journal.state === "available") return journal.slow ? [icon("warn"), t("journal_slow")] : [icon("pass"), t("journal_available")];
  return [icon("refuse"), t(`journal_${journal.state}`)];
}

function told(offline, index) {
  if (!offline || offline.limit === "no_index") return [t("offline_no_index")];
  const disk = { free: bytes(offline.free_bytes ?? 0), rate: bytes(offline.bytes_per_day ?? 0) };
  const why = offline.limit === "disk" ? t("offline_disk", disk) : t("offline_index_age", { limit: span(index.max_age_s ?? 0) });
  const other = offline.limit !== "disk" && offline.disk_left_s !== null && t("offline_other_disk", { days: grouped(Math.floor(offline.disk_left_s / 86400)) });
  return [t("offline_days_value", { days: days(offline.left_s) }), why, other, offline.is_assumed && t("offline_assumed")];
}
