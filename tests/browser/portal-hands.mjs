// What persons do at the portal in more than one story: cards, requests of another window, a whole binding typed by keyboard.

import { assert } from "./check.mjs";
import { at, put, take } from "./portal.mjs";

/** A binding as the API takes it. */
export const RECORD = {
  customs_code: "0708", medium_type: "VN", medium_key: "蒙LK8216", business_type: "1000000000", transport_mode: "4", ie_flag: "I",
  vehicle_weight_kg: 8600, trailer_weight_kg: 6400, container_weight_kg: 0, remark: "长协煤",
  lines: [{ direction: "E", object_type: "B", object_id: "MGL2510130087", voyage_no: "0708251013017", business_type: "1000000000", bill_type: "1", pickup_weight_kg: 32500 }],
};

/** Puts a card in or pulls it, without the page. */
export async function hand(told, does, body = {}) {
  const answer = await fetch(`${told.card_service}/card/v1/readers/R1/${does}`, { method: "POST", headers: { origin: told.url, "content-type": "application/json" }, body: JSON.stringify(body) });
  assert.equal(answer.status, 204, `the card service: ${does}`);
}
export const insert = (told, card) => hand(told, "insert", { card_no: card });

/** Logs in with the card that is in the reader: on the page, or in the dialog over it. */
export async function byCard(page, told) {
  await page.click(".log-in-box [role=tab]:has-text('卡介质'), .ant-modal [role=tab]:has-text('卡介质'), .log-in-box [role=tab]:text-is('Card'), .ant-modal [role=tab]:text-is('Card')");
  await page.waitForSelector(`.card-state:has-text("${told.card}")`);
  await page.fill("#pin", told.pin);
  await page.keyboard.press("Enter");
}

/** What another window of the same person asks of the centre. */
export async function ask(page, told, method, path, data) {
  const answer = await page.request.fetch(told.url + path, { method, ...(data === undefined ? {} : { data }) });
  const text = await answer.text();
  assert.ok(answer.ok(), `${method} ${path}: ${answer.status()} ${text}`);
  return text ? JSON.parse(text) : null;
}

export const stored = (page, told, record = RECORD) => ask(page, told, "POST", "/api/v1/smart-gate/records", record);
export const shown = (page, told, number) => ask(page, told, "GET", `/api/v1/smart-gate/records/${number}`);

/** The header and one line of `RECORD`, key by key; the cursor ends in the row form of the next line. */
export async function typeBinding(page, office = "乌拉特") {
  await at(page, "customs_code");
  await take(page, office);
  await at(page, "medium_type");
  await take(page, "VN");
  await at(page, "medium_key");
  await put(page, "蒙LK8216");
  await take(page, "1000000000");
  await at(page, "transport_mode");
  await take(page, "4");
  await at(page, "ie_flag");
  await take(page, "I");
  await at(page, "vehicle_pass_type");
  await take(page, "02");
  for (const weight of ["8600", "6400", "0"]) await put(page, weight);
  await at(page, "remark");
  await put(page, "长协煤");
  await at(page, "row.direction");
  await typeLine(page, "MGL2510130087");
}

/** One line, from its first field to the Enter that stores it. */
export async function typeLine(page, bill) {
  await take(page, "E");
  await at(page, "row.object_type");
  await take(page, "B");
  await at(page, "row.object_id");
  await put(page, bill);
  await take(page, "1000000000");
  await at(page, "row.voyage_no");
  await put(page, "0708251013017");
  await at(page, "row.bill_type");
  await take(page, "1");
  await at(page, "row.pickup_weight_kg");
  await put(page, "32500");
  for (const field of ["container_no_1", "seal_no_1", "container_no_2", "seal_no_2"]) {
    await at(page, `row.${field}`);
    await page.keyboard.press("Enter");
  }
  await at(page, "row.remark");
  await page.keyboard.press("Enter");
  await at(page, "row.direction");
}

/** What a field of the form in front holds. */
export const held = (page, field) => page.inputValue(`.page:not([hidden]) .entry [data-field="${field}"] :is(input, textarea)`);
export const box = (field) => `.page:not([hidden]) .entry [data-field="${field}"] :is(input, textarea)`;

/** Waits until everything is kept at the centre. */
export const kept = (page) => page.waitForSelector(".page:not([hidden]) .keeping[data-state=kept]");

/** Presses Tab until the keyboard is on what is wanted; no mouse. */
export async function reach(page, selector, most = 120) {
  for (let step = 0; step < most; step += 1) {
    if (await page.evaluate((selector) => document.activeElement?.matches(selector) ?? false, selector)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`Tab does not reach ${selector}; it is at ${await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200))}`);
}
