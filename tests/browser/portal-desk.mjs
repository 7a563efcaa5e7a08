// The officers' desk with records of several manuals: node portal-desk.mjs '{"url", "captcha", "captcha_text", "username", ...}'

import { accessible, assert, check, end } from "./check.mjs";
import { launch } from "./browser.mjs";
import { ask, insert } from "./officer.mjs";
import { logIn, open } from "./portal.mjs";

const told = JSON.parse(process.argv[2]);
const PORT = "0708";
const browser = await launch();
const page = await open(browser, told, "/start");
const PLATES = ["蒙LK8216", "蒙LK8217", "蒙LK8218", "蒙LK8219"];
const binding = (plate) => ({
  customs_code: PORT, medium_type: "VN", medium_key: plate, business_type: "1000000000", transport_mode: "4", ie_flag: "I",
  vehicle_weight_kg: 8600, trailer_weight_kg: 6400, container_weight_kg: 0, remark: "长协煤",
  lines: [{ direction: "E", object_type: "B", object_id: `MGL25101300${plate.slice(-2)}`, voyage_no: "0708251013017", business_type: "1000000000", bill_type: "1", pickup_weight_kg: 32500 }],
});

/** A day in Beijing, so many days from today. */
const day = (ahead) => new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(Date.now() + ahead * 86_400_000);
const SATURDAY = day(13 - new Date(`${day(0)}T12:00:00Z`).getUTCDay());

/** Asks the centre as the declarant whose page this is. */
async function own(method, path, body) {
  const answer = await page.evaluate(async ([method, path, body]) => {
    const answer = await fetch(path, { method, headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID() }, body: JSON.stringify(body) });
    return { status: answer.status, body: await answer.json() };
  }, [method, path, body]);
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

async function card(path, body) {
  const answer = await fetch(`${told.card_service}/card/v1/readers/R1/${path}`, { method: "POST", headers: { origin: told.url, "content-type": "application/json" }, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer.status === 204 ? null : answer.json();
}

/** Sends a stored record on with the declarant's card. */
async function sendOn(path, action, version) {
  const statement = await own("POST", `${path}/statements`, { action, version });
  await card("pin", { pin: told.pin });
  const { alg, certificate, value } = await card("sign", { text: statement.text, keep_open: false });
  return own("POST", `${path}/${action}`, { version, signature: { alg, certificate, value, nonce: statement.nonce } });
}

await check("a declarant has sent four bindings and an appointment", page, async () => {
  await page.waitForSelector(".log-in-box");
  await logIn(page, told);
  for (const plate of PLATES) {
    const stored = await own("POST", "/api/v1/smart-gate/records", binding(plate));
    await sendOn(`/api/v1/smart-gate/records/${stored.unified_no}`, "declare", stored.version);
  }
  const calendar = { working_day: [["08:30", "12:00"], ["13:30", "17:00"]], saturday: [], sunday: [], published_from: day(-30), published_until: day(60) };
  await ask(told, "PUT", `/api/v1/admin/ports/${PORT}/calendar`, { version: 0, calendar });
  const stored = await own("POST", "/api/v1/appointments", {
    consignee: { customs_reg_no: "1507962233" }, contact_name: "李敏", contact_mobile: "13917250418", declaration_port: PORT, entry_exit_port: PORT, transport_mode: "4",
    slot_start: `${SATURDAY}T10:00:00+08:00`, reason: "易腐货物", ie_flag: "I", goods: [{ hs_code: "0809290000", name: "鲜樱桃" }],
  });
  await sendOn(`/api/v1/appointments/${stored.pre_entry_no}`, "submit", stored.version);
  await insert(told, told.officer_card);
});

const officer = await open(browser, told, "/desk", { token: told.officer_token });
const rows = (count) => officer.waitForFunction((count) => document.querySelectorAll(".work-item").length === count, count);
/** The record in front is this one; it follows the list a moment later. */
const isCurrent = (plate) => officer.waitForFunction((plate) => document.querySelector(".work-item[aria-current=true] strong")?.textContent === plate, plate);
async function sign(act, text) {
  await officer.click(`[data-act=${act}]`);
  if (text) await officer.fill(".panel textarea", text);
  await officer.fill(".pin-form input", told.pin);
  await officer.keyboard.press("Enter");
}

await check("each manual has its list with what waits, the longest first", page, async () => {
  await officer.waitForFunction(() => document.querySelector(".desk-page .ant-segmented")?.textContent.includes("绑定 4"));
  await rows(4);
  await officer.waitForFunction(() => document.querySelector(".desk-page .ant-segmented")?.textContent.includes("预约通关 1"));
  assert.deepEqual(await officer.locator(".work-item strong").allTextContents(), PLATES);
  assert.ok((await officer.textContent(".work-item")).includes("已等待"));
});

await check("the arrows walk through the list, and after a decision the next record is there with the keyboard on it", page, async () => {
  await officer.focus(".work-item");
  await officer.keyboard.press("ArrowDown");
  await officer.keyboard.press("ArrowUp");
  await officer.keyboard.press("Enter");
  await officer.waitForSelector(".work-record .content-view");
  await isCurrent(PLATES[0]);
  await sign("approve");
  await rows(3);
  await isCurrent(PLATES[1]);
  await officer.waitForFunction((plate) => document.activeElement?.textContent.includes(plate), PLATES[1]);
  await officer.waitForFunction((plate) => document.querySelector(".work-record .content-view")?.textContent.includes(plate), PLATES[1]);
});

await check("ticked records get one act with one signature, and the one after them follows", page, async () => {
  for (const place of [0, 1]) await officer.locator(".work-tick").nth(place).check();
  await officer.waitForSelector(".work-record .bulk li >> nth=1");
  await accessible(officer, "several records at the desk");
  await sign("approve");
  await rows(1);
  await isCurrent(PLATES[3]);
});

await check("what sends a record back needs words, which the card signs with it", page, async () => {
  await officer.waitForSelector(".work-record .content-view");
  await officer.click("[data-act=return]");
  await officer.fill(".pin-form input", told.pin);
  assert.ok(await officer.isDisabled(".pin-form [type=submit]"));
  await sign("return", "舱单已撤销");
  await rows(0);
  const { items } = await own("GET", "/api/v1/smart-gate/records?page_size=10&page=1");
  assert.deepEqual(items.map((item) => item.status).sort(), ["CUSTOMS_APPROVED", "CUSTOMS_APPROVED", "CUSTOMS_APPROVED", "REJECTED"]);
});

await check("an appointment shows its slot and the time until then; it is accepted, then approved", page, async () => {
  await officer.click(".desk-page .ant-segmented-item:has-text('预约通关')");
  await officer.waitForURL(/\/desk\?manual=appointment$/);
  await rows(1);
  const item = await officer.textContent(".work-item");
  for (const part of ["满洲里草原煤业有限公司", "预约申请", `预约时段 ${SATURDAY} 10:00`, "剩余"]) assert.ok(item.includes(part), `${part} in ${item}`);
  await officer.click(".work-item");
  await officer.waitForSelector(".work-record .content-view");
  assert.ok((await officer.textContent(".work-record .content-view")).includes("易腐货物"));
  await accessible(officer, "an appointment at the desk");
  await sign("accept");
  // It waits for its decision still, and stays under the officer's eyes.
  await officer.waitForSelector(".work-record .status:has-text('已受理')");
  await officer.waitForFunction(() => !document.querySelector("[data-act=accept]") && !document.querySelector(".pin-form"));
  await sign("approve", "请按时到场");
  await rows(0);
  assert.deepEqual(officer.faults, []);
});

await browser.close();
end();
