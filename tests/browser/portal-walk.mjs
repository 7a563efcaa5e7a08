// A binding from the keyboard to the approval of customs: node portal-walk.mjs '{"url", "captcha", "captcha_text", "username", ...}'

import { assert, check, end } from "./check.mjs";
import { launch } from "./browser.mjs";
import { at, holds, logIn, open, put, take } from "./portal.mjs";

const told = JSON.parse(process.argv[2]);
const browser = await launch();
const page = await open(browser, told, "/smart-gate");
let number;

await check("who is not logged in gets the log-in, and lands on the page that was asked for", page, async () => {
  await page.waitForSelector(".log-in-box");
  assert.ok(await page.isVisible("text=培训环境"));
  await logIn(page, told);
  await page.waitForSelector(".query .conditions");
  assert.equal(new URL(page.url()).pathname, "/smart-gate");
});

await check("the frame names the single window, the account and the bound card", page, async () => {
  const header = await page.textContent("header.top");
  for (const part of ["中国(内蒙古)国际贸易单一窗口", "培训环境", told.username, told.card, "退出"]) assert.ok(header.includes(part), `${part} in ${header}`);
});

await check("Alt+K shows the keys", page, async () => {
  await page.keyboard.press("Alt+k");
  await page.waitForSelector(".key-list");
  await page.keyboard.press("Escape");
  await page.waitForSelector(".key-list", { state: "hidden" });
});

await check("a binding is entered by keyboard alone", page, async () => {
  await page.click(".query .bar .ant-btn-primary");
  await at(page, "customs_code");
  assert.ok((await page.textContent(".hint-line")).includes("关区代码"));
  await take(page, "乌拉特");
  await at(page, "medium_type");
  // Space opens the list; Backspace clears what was taken, at one press.
  await page.keyboard.press("Space");
  await page.waitForSelector(".code-list:not([hidden]) [role=option]");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await holds(page, "medium_type", "VE 电子车牌号");
  await page.keyboard.press("Backspace");
  await holds(page, "medium_type", "");
  await page.waitForSelector(".entry [data-field=medium_key][data-ground=grey]");
  await take(page, "VN");
  await at(page, "medium_key");
  await page.waitForSelector(".entry [data-field=medium_key][data-ground=yellow]");
  await put(page, "蒙LK8216");
  await take(page, "1000000000");
  await take(page, "公路");
  await take(page, "I");
  await take(page, "02");
  for (const weight of ["8600", "6400", "0"]) await put(page, weight);
  await at(page, "remark");
  await page.keyboard.press("Shift+Enter");
  await at(page, "container_weight_kg");
  await page.keyboard.press("Enter");
  await put(page, "长协煤");
  await at(page, "row.direction");
  await take(page, "E");
  await take(page, "B");
  await put(page, "MGL2510130087");
  await take(page, "1000000000");
  // The vessel is grey on the road: Enter passes it by.
  await at(page, "row.voyage_no");
  await put(page, "0708251013017");
  await take(page, "1");
  await put(page, "32500");
  for (const field of ["container_no_1", "seal_no_1", "container_no_2", "seal_no_2"]) {
    await at(page, `row.${field}`);
    await page.keyboard.press("Enter");
  }
  await at(page, "row.remark");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".entry .table tbody tr td:nth-child(2) .link");
  await at(page, "row.direction");
});

await check("what is typed is kept at the centre, and is there again after a reload", page, async () => {
  await page.waitForSelector(".keeping[data-state=kept]");
  page.on("dialog", (dialog) => void dialog.accept());
  await page.reload();
  await page.waitForSelector(".entry .table tbody tr td:nth-child(2) .link");
  await holds(page, "medium_key", "蒙LK8216");
});

await check("a fault stands beside its field and in the summary, which leads to it", page, async () => {
  await page.fill(".entry [data-field=vehicle_weight_kg] input", "");
  await page.keyboard.press("Alt+s");
  await page.waitForSelector(".summary li");
  assert.ok((await page.title()).startsWith("（有错误）"));
  await page.click(".summary .link");
  await at(page, "vehicle_weight_kg");
  assert.equal(await page.getAttribute(".entry [data-field=vehicle_weight_kg] input", "aria-invalid"), "true");
  // The centre's own rules fill the same places.
  await page.keyboard.type("0");
  await page.keyboard.press("Alt+s");
  await page.waitForSelector(".entry [data-field=vehicle_weight_kg] .fault");
  await page.waitForFunction(() => document.querySelector(".summary")?.textContent.includes("SG-0"));
  page.faults.length = 0;
  await page.fill(".entry [data-field=vehicle_weight_kg] input", "8600");
});

await check("it is saved with Alt+S and gets its numbers", page, async () => {
  await page.keyboard.press("Alt+s");
  await page.waitForURL(/\/smart-gate\/\d{18}\/edit$/);
  number = page.url().match(/\d{18}/)[0];
  await page.waitForFunction((number) => document.querySelector(".entry [data-field=unified_no] input")?.value === number, number);
});

await check("opening it a second time shows its tab", page, async () => {
  const before = await page.locator(".tab-name").count();
  await page.click("nav.side [role=menuitem]:has-text('查询')");
  await page.waitForSelector(".query .results .link");
  await page.click(`.query .results .link:text-is("${number}")`);
  assert.equal(await page.locator(".tab-name").count(), before);
});

await check("it is declared: what is signed is shown, a wrong PIN is told with the tries left, the right one signs", page, async () => {
  await page.waitForSelector(".record .content-view");
  await page.click(".record .actions .ant-btn:has-text('申报')");
  await page.waitForSelector(".sign .content-view");
  assert.ok((await page.textContent(".sign .content-view")).includes("蒙LK8216"));
  assert.ok((await page.textContent(".signed-text")).includes(number));
  await page.fill(".pin-form input", "000000");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector(".pin-form [role=alert]")?.textContent.includes("剩余 4 次"));
  page.faults.length = 0;
  await page.fill(".pin-form input", told.pin);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".record .status:not([data-tone=draft])");
});

await check("an officer finds it in the work list and approves it with the card", page, async () => {
  const insert = await fetch(`${told.card_service}/card/v1/readers/R1/insert`, { method: "POST", headers: { origin: told.url, "content-type": "application/json" }, body: JSON.stringify({ card_no: told.officer_card }) });
  assert.equal(insert.status, 204);
  const officer = await open(browser, told, "/desk", { token: told.officer_token });
  await officer.waitForSelector(".work-item");
  await officer.click(".work-item");
  await officer.waitForSelector(".work-record .content-view");
  await officer.click(".work-record .ant-btn:has-text('退单')");
  assert.ok(await officer.isDisabled(".pin-form [type=submit]"));
  await officer.click(".work-record .ant-btn:has-text('审核通过')");
  await officer.fill(".pin-form input", told.pin);
  await officer.keyboard.press("Enter");
  await officer.waitForFunction(() => document.querySelectorAll(".work-item").length === 0);
  assert.deepEqual(officer.faults, []);
  await officer.context().close();
});

await check("the declarant sees the approval and the receipt of customs", page, async () => {
  await page.waitForSelector(".record .status[data-tone=good]");
  await page.click(".record [role=tab]:has-text('回执')");
  await page.waitForFunction(() => [...document.querySelectorAll(".record .table tbody tr")].some((row) => row.textContent.includes("海关审核通过") && row.textContent.includes("海关")));
  // And in the panel below the list, by the status.
  await page.click("nav.side [role=menuitem]:has-text('查询')");
  await page.click(".query .results .status");
  await page.waitForSelector(".query .panel .table tbody tr");
});

await check("the exit leads to the log-in page, and the session is over", page, async () => {
  await page.click("header.top .ant-btn:has-text('退出')");
  await page.waitForSelector(".log-in-box");
  assert.equal(await page.evaluate(async () => (await fetch("/api/v1/session")).status), 401);
});


await browser.close();
end();
