// A binding's whole life: node portal-life.mjs '{"life": {"language", "size", "hands"}, "url", "captcha", ...}'; hands are "keys", "mouse" or "taps".

import { readFileSync } from "node:fs";
import { accessible, assert, check, end } from "./check.mjs";
import { launch } from "./browser.mjs";
import { at, logIn, open } from "./portal.mjs";
import { insert, reach, shown, typeBinding } from "./portal-hands.mjs";

const told = JSON.parse(process.argv[2]);
const { language, size, hands } = told.life;
const words = {
  save: ["暂存", "Save"], declare: ["申报", "Declare"], change: ["变更", "Change"], order: ["删单", "Delete order"], export: ["导出", "Export"],
  row: ["保存", "Save row"], sure: ["是否确认申报该数据？", "Declare this delete order?"], versions: ["版本", "Versions"], approved: ["海关审核通过", "Approved by customs"],
  closed: ["已办结", "Closed"], draft: ["未申报草稿", "DRAFT"],
};
const say = (word) => words[word][language === "zh" ? 0 : 1];
const front = ".page:not([hidden])";
const browser = await launch();
const page = await open(browser, told, "/start", { size, language, touch: hands === "taps" });
const officer = await open(browser, told, null, { token: told.officer_token });
await page.addInitScript(() => {
  window.print = () => (window.printed = true);
  window.addEventListener("pointerdown", () => localStorage.setItem("touched", "yes"), true);
});

/** Presses what is there, in the way of this story. */
async function press(selector) {
  await page.waitForSelector(selector);
  if (hands === "taps") return page.tap(selector);
  if (hands === "mouse") return page.click(selector);
  await page.locator(selector).first().evaluate((wanted) => {
    document.querySelectorAll("[data-wanted]").forEach((old) => old.removeAttribute("data-wanted"));
    wanted.setAttribute("data-wanted", "");
  });
  await reach(page, "[data-wanted]");
  return page.keyboard.press("Enter");
}
const button = (word) => `${front} .ant-btn:has(:text-is("${say(word)}"))`;

/** A field by finger: tapped, typed, and of a list the entry tapped that is offered. */
async function tapIn(field, text) {
  const box = `${front} .entry [data-field="${field}"]`;
  await page.tap(`${box} :is(input, textarea)`);
  await page.keyboard.type(text);
  if ((await page.getAttribute(`${box} :is(input, textarea)`, "role")) === "combobox") await page.tap(`${box} [role=option][aria-selected=true]:has-text("${text}")`);
}
const BY_FINGER = { customs_code: "0708", medium_type: "VN", medium_key: "蒙LK8216", business_type: "1000000000", transport_mode: "4", ie_flag: "I", vehicle_pass_type: "02", vehicle_weight_kg: "8600", trailer_weight_kg: "6400", container_weight_kg: "0", remark: "长协煤" };
const LINE_BY_FINGER = { "row.direction": "E", "row.object_type": "B", "row.object_id": "MGL2510130087", "row.business_type": "1000000000", "row.voyage_no": "0708251013017", "row.bill_type": "1", "row.pickup_weight_kg": "32500" };

async function enterBinding() {
  if (hands !== "taps") return typeBinding(page, language === "zh" ? "乌拉特" : "0708");
  for (const [field, text] of Object.entries(BY_FINGER)) await tapIn(field, text);
  for (const [field, text] of Object.entries(LINE_BY_FINGER)) await tapIn(field, text);
  await press(button("row"));
  return page.waitForSelector(`${front} .entry .table tbody .link`);
}

/** The card's part: the PIN, and the Enter that signs. */
async function sign() {
  await page.waitForSelector(`${front} .sign .content-view`);
  if (hands === "keys") await reach(page, ".page:not([hidden]) .pin-form input[type=password]");
  else await press(`${front} .pin-form input[type=password]`);
  await page.keyboard.type(told.pin);
  await page.keyboard.press("Enter");
  await page.waitForSelector(`${front} .record .status`);
}
/** The question before it, whose default is to leave it. */
async function agree() {
  await page.waitForFunction(() => document.querySelector(".ant-modal-confirm-btns")?.contains(document.activeElement));
  await press(".ant-modal-confirm-btns .ant-btn-primary");
}

let number;
/** What the officer does, at the desk and with a card of their own. */
async function approve() {
  await insert(told, told.officer_card);
  await officer.goto(`${told.url}/desk`);
  await officer.click(`.work-item:has-text("${number}")`);
  await officer.waitForSelector(".work-record .content-view");
  await officer.click(".work-record .ant-btn:has-text('审核通过')");
  await officer.fill(".pin-form input[type=password]", told.pin);
  await officer.keyboard.press("Enter");
  await officer.waitForFunction((number) => ![...document.querySelectorAll(".work-item")].some((item) => item.textContent.includes(number)), number);
  assert.deepEqual(officer.faults, []);
  await insert(told, told.card);
}

await check("the log-in", page, async () => {
  await insert(told, told.card);
  if (hands !== "keys") return logIn(page, told);
  await page.route("**/api/v1/captchas", (route) => route.fulfill({ status: 201, json: told.captcha }));
  await page.reload();
  await page.waitForSelector(".captcha img");
  for (const [field, text] of [["#username", told.username], ["#password", told.password], ["#captcha", told.captcha_text]]) {
    await reach(page, field);
    await page.keyboard.type(text);
  }
  await reach(page, "#agreed");
  await page.keyboard.press("Space");
  await reach(page, ".log-in-box [type=submit]");
  await page.keyboard.press("Enter");
  return page.waitForSelector(".shell");
});

await check("it is entered and saved", page, async () => {
  await press(`${front} .start .card .ant-btn-primary`);
  await page.waitForURL(/\/smart-gate\/new\//);
  await page.waitForSelector(`${front} .entry [data-field=customs_code] input`);
  await enterBinding();
  if (size === "phone") await accessible(page, "the entry, filled");
  if (hands === "keys") await page.keyboard.press("Alt+s");
  else await press(button("save"));
  await page.waitForURL(/\/smart-gate\/\d{18}\/edit$/);
  number = page.url().match(/\d{18}/)[0];
  assert.equal((await shown(page, told, number)).medium_key, "蒙LK8216");
});

await check("it is declared with the card and approved at the desk", page, async () => {
  await press(button("declare"));
  await agree();
  await sign();
  await approve();
  await page.waitForSelector(`${front} .record .status[data-tone=good]:has-text("${say("approved")}")`);
});

await check("it is changed; the change is declared and answered, and both versions stand side by side", page, async () => {
  await press(button("change"));
  await page.waitForURL(/\/change$/);
  const weight = `${front} .entry [data-field=trailer_weight_kg] input`;
  await page.waitForSelector(weight);
  assert.equal(await page.getAttribute(`${front} .entry [data-field=customs_code]`, "data-ground"), "grey", "a change stays with its customs area");
  if (hands === "keys") {
    await reach(page, ".page:not([hidden]) .entry [data-field=trailer_weight_kg] input");
    await page.keyboard.press("Control+a");
    await page.keyboard.type("6550");
    await page.keyboard.press("Alt+s");
  } else {
    await page.fill(weight, "6550");
    await press(button("save"));
  }
  await page.waitForSelector(`${front} .entry .status[data-tone=draft]`);
  await press(button("declare"));
  await agree();
  await page.waitForSelector(`${front} .sign .changes`);
  const changes = await page.textContent(`${front} .sign .changes`);
  assert.ok(changes.includes("6400") && changes.includes("6550"), changes);
  await sign();
  await approve();
  await page.waitForSelector(`${front} .record .status[data-tone=good]`);
  if (hands === "keys") {
    await reach(page, ".page:not([hidden]) .record [role=tab]");
    // A tab that has the keyboard tells its place before its name.
    for (let step = 0; step < 8 && !(await page.evaluate(() => document.activeElement.textContent)).endsWith(say("versions")); step += 1) await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
  } else {
    await press(`${front} .record [role=tab]:has-text("${say("versions")}")`);
  }
  await page.waitForFunction(() => document.querySelectorAll(".page:not([hidden]) .record .version").length === 2);
  const newest = await page.textContent(`${front} .record .version[open]`);
  assert.ok(newest.includes("6400") && newest.includes("6550"), newest);
});

await check("a delete order is asked for, signed, and closes it", page, async () => {
  await press(button("order"));
  await page.waitForSelector(`${front} .sign-ask:has-text("${say("sure")}")`);
  await sign();
  await approve();
  await page.waitForSelector(`${front} .record .status[data-tone=over]:has-text("${say("closed")}")`);
});

await check("an address with conditions shows it, and the conditions", page, async () => {
  await page.goto(`${told.url}/smart-gate?${new URLSearchParams({ medium_key: "蒙LK8216", ie_flag: "I", status: "CLOSED", page: "1", page_size: "10" })}`);
  await page.waitForSelector(`${front} .query .results tbody tr .link:text-is("${number}")`);
  assert.equal(await page.locator(`${front} .query .results tbody tr`).count(), 1);
  if (size === "desk") assert.equal(await page.inputValue(`${front} .conditions [data-field=medium_key] input`), "蒙LK8216");
  await page.goto(`${told.url}/smart-gate?${new URLSearchParams({ medium_key: "蒙LK8216", ie_flag: "E", page: "1", page_size: "10" })}`);
  await page.waitForSelector(`${front} .query .results td.none`);
  await page.goBack();
  await page.waitForSelector(`${front} .query .results tbody tr .link:text-is("${number}")`);
});

await check("the export holds it, its codes as text", page, async () => {
  const download = page.waitForEvent("download");
  await press(button("export"));
  await page.waitForSelector(".ant-dropdown:not(.ant-dropdown-hidden) [role=menuitem]:has-text('CSV')");
  if (hands === "keys") {
    await page.keyboard.press("Tab");
    for (let step = 0; step < 6; step += 1) {
      const here = await page.evaluate(() => document.querySelector(".ant-dropdown:not(.ant-dropdown-hidden) .ant-dropdown-menu-item-active")?.textContent ?? "");
      if (here.includes("CSV")) break;
      await page.keyboard.press("ArrowDown");
    }
    await page.keyboard.press("Enter");
  } else {
    await press(".ant-dropdown:not(.ant-dropdown-hidden) [role=menuitem]:has-text('CSV')");
  }
  const text = readFileSync(await (await download).path(), "utf8");
  const rows = text.trim().split("\r\n");
  assert.equal(rows.length, 2, text);
  assert.ok(rows[0].includes("数据中心统一编号") && rows[1].includes(number) && rows[1].includes("蒙LK8216"), text);
});

await check("it is printed with number, status and time, and without the frame", page, async () => {
  if (hands === "keys") {
    await reach(page, ".page:not([hidden]) .query .results tbody tr");
    await page.keyboard.press("Enter");
  } else {
    await press(`${front} .query .results tbody tr .link:text-is("${number}")`);
  }
  await page.waitForSelector(`${front} .record .content-view`);
  await page.keyboard.press("Alt+p");
  assert.equal(await page.evaluate(() => window.printed), true);
  await page.emulateMedia({ media: "print" });
  const head = await page.textContent(`${front} .record .print-only`);
  assert.ok(head.includes(number) && head.includes(say("closed")) && /\d{4}-\d\d-\d\d \d\d:\d\d/.test(head) && !head.includes(say("draft")), head);
  assert.ok(await page.isVisible(`${front} .record .print-only`));
  for (const gone of ["header.top", "nav.side", ".display-top", `${front} .record > .actions`]) assert.ok(!(await page.isVisible(gone)), gone);
  const paper = await page.pdf({ format: "A4" });
  assert.equal(paper.subarray(0, 5).toString(), "%PDF-");
  await page.emulateMedia({ media: null });
});

await check("nobody who has only a keyboard was left out", page, async () => {
  if (hands === "keys") assert.equal(await page.evaluate(() => localStorage.getItem("touched")), null);
});

await browser.close();
end();
