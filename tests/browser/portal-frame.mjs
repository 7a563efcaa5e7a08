// Tabs, menu, columns, buttons of the entry, what turns grey and yellow, and deletions: node portal-frame.mjs '{"url", "captcha", ...}'

import { assert, check, end } from "./check.mjs";
import { launch } from "./browser.mjs";
import { at, holds, logIn, open, take } from "./portal.mjs";
import { ask, box, held, kept, RECORD, shown, stored, typeLine } from "./portal-hands.mjs";

const told = JSON.parse(process.argv[2]);
const browser = await launch();
const page = await open(browser, told, "/start");
await logIn(page, told);
const front = ".page:not([hidden])";
const names = () => page.locator(".tab-name .tab-title").allTextContents();
const asked = ".ant-modal-wrap:not([style*='display: none'])";
const isNumber = (url) => new URL(url).pathname.match(/\d{18}/);
const ground = (field) => page.getAttribute(`${front} .entry [data-field="${field}"]`, "data-ground");
const numbers = [];
for (let count = 0; count < 12; count += 1) numbers.push((await stored(page, told, { ...RECORD, medium_key: `蒙LK8${String(count).padStart(3, "0")}` })).unified_no);

await check("the menu folds to its icons and unfolds", page, async () => {
  const width = () => page.evaluate(() => document.querySelector("nav.side").getBoundingClientRect().width);
  const [wide, text] = [await width(), page.locator("nav.side .ant-menu-title-content:visible", { hasText: "首页" })];
  assert.equal(await text.count(), 1);
  await page.click("button.fold");
  await page.waitForSelector("nav.side .ant-menu-inline-collapsed");
  assert.ok((await width()) < wide / 2);
  assert.equal(await page.evaluate(() => [...document.querySelectorAll("nav.side .ant-menu-item, nav.side .ant-menu-submenu-title")].every((item) => item.querySelector("svg"))), true);
  assert.equal(await page.evaluate(() => [...document.querySelectorAll("nav.side .ant-menu-title-content")].every((content) => getComputedStyle(content).opacity === "0" || content.getBoundingClientRect().width < 2)), true, "icons only");
  await page.reload();
  await page.waitForSelector("nav.side .ant-menu-inline-collapsed");
  await page.click("button.fold");
  await page.waitForSelector("nav.side .ant-menu-inline-collapsed", { state: "detached" });
});

await check("a column is hidden and shown, the choice outlives a reload, and the last one stays", page, async () => {
  await page.goto(`${told.url}/smart-gate?page=1&page_size=20`);
  await page.waitForSelector(`${front} .query .results tbody tr .link`);
  const heads = () => page.locator(`${front} .query .results thead th`).allTextContents();
  assert.ok((await heads()).includes("运输方式"));
  const choose = async () => {
    await page.click(`${front} .query .bar .ant-btn:has-text('显示列')`);
    await page.waitForSelector(".column-choice:visible");
  };
  await choose();
  await page.uncheck(".column-choice label:has-text('运输方式') input");
  assert.ok(!(await heads()).includes("运输方式"));
  await page.reload();
  await page.waitForSelector(`${front} .query .results tbody tr .link`);
  assert.ok(!(await heads()).includes("运输方式"));
  await choose();
  const shownColumns = page.locator(".column-choice label:has(:checked)");
  for (let left = await shownColumns.count(); left > 1; left -= 1) {
    await shownColumns.first().click();
    await page.waitForFunction((left) => document.querySelectorAll(".column-choice :checked").length === left, left - 1);
  }
  assert.ok(await page.isDisabled(".column-choice input:checked"));
  const hidden = page.locator(".column-choice .column-line:has(input[type=checkbox]:not(:checked))");
  for (let left = await hidden.count(); left > 0; left -= 1) {
    await hidden.first().locator("label").click();
    await page.waitForFunction((left) => document.querySelectorAll(".column-choice input[type=checkbox]:not(:checked)").length === left, left - 1);
  }
  await page.keyboard.press("Escape");
  assert.ok((await heads()).includes("运输方式"));
});

await check("many tabs: the arrows move their names", page, async () => {
  for (const number of numbers) {
    await page.goto(`${told.url}/smart-gate/${number}`);
    await page.waitForSelector(`${front} .record .content-view`);
  }
  const left = () => page.evaluate(() => document.querySelector(".tab-names").scrollLeft);
  assert.ok(await page.evaluate(() => document.querySelector(".tab-names").scrollWidth > document.querySelector(".tab-names").clientWidth));
  const before = await left();
  assert.ok(before > 0, "the tab in front is in sight");
  await page.click(".tab-strip [aria-label='页签向左']");
  await page.waitForFunction((before) => document.querySelector(".tab-names").scrollLeft < before, before);
  const after = await left();
  await page.click(".tab-strip [aria-label='页签向右']");
  await page.waitForFunction((after) => document.querySelector(".tab-names").scrollLeft > after, after);
});

await check("close others leaves the one in front; close all leads to the start page", page, async () => {
  await page.click(".tab-strip [aria-label='页签操作']");
  await page.click(".ant-dropdown:not(.ant-dropdown-hidden) [role=menuitem]:has-text('关闭其他选项卡')");
  await page.waitForFunction(() => document.querySelectorAll(".tab-name").length === 1);
  assert.ok((await names())[0].includes(numbers.at(-1).slice(-6)));
  await page.click(".tab-strip [aria-label='页签操作']");
  await page.click(".ant-dropdown:not(.ant-dropdown-hidden) [role=menuitem]:has-text('关闭全部选项卡')");
  await page.waitForURL("**/start");
  assert.deepEqual(await names(), ["首页"]);
});

await check("a tab with unsaved entries asks before it closes, and what was typed is offered again", page, async () => {
  await page.click(`${front} .start .card .ant-btn-primary`);
  await at(page, "customs_code");
  await page.focus(box("remark"));
  await page.keyboard.type("关闭之前");
  await page.click(".tab-name[data-active=true] .tab-close");
  await page.waitForSelector(`${asked}:has-text('有未保存的录入内容')`);
  await page.click(`${asked} .ant-btn:has-text('取消')`);
  assert.equal(await held(page, "remark"), "关闭之前");
  await page.click(".tab-name[data-active=true] .tab-close");
  await page.click(`${asked} .ant-btn-primary`);
  await page.waitForSelector(`${front} .start`);
  await page.reload();
  await page.click(`${front} .start .card li:has-text('绑定新增') .link`);
  await holds(page, "remark", "关闭之前");
});

await check("new begins an empty record, whatever is unsaved stays in its own tab", page, async () => {
  const before = (await names()).length;
  await page.click(`${front} .entry > .actions .ant-btn:has-text('新增')`);
  await page.waitForFunction((before) => document.querySelectorAll(".tab-name").length === before + 1, before);
  await at(page, "customs_code");
  const values = await page.evaluate(() => [...document.querySelectorAll(".page:not([hidden]) .entry :is(input:not([type=checkbox]), textarea)")].map((box) => box.value));
  assert.ok(values.length > 20 && values.every((value) => value === ""), JSON.stringify(values));
  assert.equal(await page.locator(`${front} .entry .table tbody .link`).count(), 0);
  assert.ok(await page.isEnabled(`${front} .entry > .actions .ant-btn:has-text('新增')`));
});

await check("transport, object, business type and direction turn fields grey, empty and yellow at once", page, async () => {
  await take(page, "0708");
  await at(page, "medium_type");
  assert.equal(await ground("medium_key"), "grey");
  await take(page, "VN");
  await at(page, "medium_key");
  assert.equal(await ground("medium_key"), "yellow");
  await page.focus(box("transport_mode"));
  await take(page, "2");
  assert.equal(await ground("row.vessel_name"), "yellow");
  await page.fill(box("row.vessel_name"), "东方之星");
  await page.focus(box("transport_mode"));
  await page.keyboard.press("Backspace");
  await take(page, "4");
  assert.equal(await ground("row.vessel_name"), "grey");
  assert.equal(await held(page, "row.vessel_name"), "", "what became grey is empty");
  await page.focus(box("row.object_type"));
  await take(page, "B");
  assert.deepEqual([await ground("row.bill_type"), await ground("row.pickup_weight_kg"), await ground("row.object_id")], ["yellow", "yellow", "white"]);
  await page.fill(box("row.pickup_weight_kg"), "32500");
  await page.focus(box("ie_flag"));
  await take(page, "I");
  assert.equal(await ground("row.object_id"), "yellow", "an import names its bill");
  await page.focus(box("row.object_type"));
  await page.keyboard.press("Backspace");
  await take(page, "C");
  assert.deepEqual([await ground("row.bill_type"), await ground("row.pickup_weight_kg")], ["grey", "grey"]);
  assert.equal(await held(page, "row.pickup_weight_kg"), "");
  assert.equal(await ground("row.container_no_1"), "white");
  await page.focus(box("row.business_type"));
  await take(page, "0000100000");
  assert.equal(await ground("row.container_no_1"), "yellow", "an empty container has its number");
});

await check("the buttons of the rows act on rows only: new empties the form, save stores, delete takes the ticked ones", page, async () => {
  const rows = `${front} .entry .actions.rows .ant-btn`;
  await page.click(`${rows}:has(:text-is('新增'))`);
  await at(page, "row.direction");
  for (const field of ["row.object_type", "row.business_type", "row.container_no_1"]) assert.equal(await held(page, field), "", field);
  assert.ok((await held(page, "customs_code")).startsWith("0708"), "the header is as it was");
  await typeLine(page, "MGL2510130087");
  await typeLine(page, "MGL2510130088");
  // By the button, as by Enter.
  await take(page, "E");
  await at(page, "row.object_type");
  await take(page, "VN");
  await page.fill(box("row.object_id"), "蒙LK8216");
  await page.focus(box("row.business_type"));
  await take(page, "0000000100");
  await page.fill(box("row.voyage_no"), "0708251013017");
  await page.click(`${rows}:has(:text-is('保存'))`);
  await page.waitForFunction(() => document.querySelectorAll(".page:not([hidden]) .entry .table tbody .link").length === 3);
  assert.ok(await page.isDisabled(`${rows}:has(:text-is('删除'))`));
  await page.check(`${front} .entry .table tbody tr:nth-child(2) input`);
  await page.click(`${rows}:has(:text-is('删除'))`);
  const left = await page.locator(`${front} .entry .table tbody tr`).allTextContents();
  assert.equal(left.length, 2);
  assert.ok(left[0].includes("MGL2510130087") && left[1].includes("蒙LK8216"), left.join());
  assert.ok((await page.textContent(`${front} .entry`)).includes("请在最后一个输入框，按回车保存"));
  await kept(page);
});

await check("a deletion in the list asks first, names it, says so, and its open tab closes without asking for it again", page, async () => {
  const number = numbers[3];
  await page.goto(`${told.url}/smart-gate/${number}`);
  await page.waitForSelector(`${front} .record .content-view`);
  await page.click("nav.side [role=menuitem]:has-text('查询')");
  await page.fill(`${front} .conditions [data-field=medium_key] input`, "蒙LK8003");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelectorAll(".page:not([hidden]) .query .results tbody .digits").length === 1);
  const again = [];
  page.on("request", (request) => request.method() === "GET" && request.url().includes(number) && again.push(request.url()));
  await page.click(`${front} .query .results .link[data-danger=true]:has-text('删除')`);
  await page.waitForSelector(`${asked}:has-text('是否确认删除该数据？')`);
  assert.ok((await page.textContent(asked)).includes(number));
  again.length = 0;
  await page.click(`${asked} .ant-btn-dangerous`);
  await page.waitForSelector(".ant-message:has-text('删除成功')");
  await page.waitForSelector(`${front} .query .results td.none`);
  assert.ok(!(await names()).some((name) => name.includes(number.slice(-6))), "its tab is closed");
  assert.deepEqual(again, [], "a record that is gone is not asked for");
});

await check("a deletion on the record's own page closes its tab without a fault", page, async () => {
  const number = numbers[4];
  await page.goto(`${told.url}/smart-gate/${number}`);
  await page.waitForSelector(`${front} .record .content-view`);
  await page.keyboard.press("Alt+r");
  await page.click(`${asked} .ant-btn-dangerous`);
  await page.waitForSelector(".ant-message:has-text('删除成功')");
  await page.waitForFunction((number) => !document.querySelector(".tab-strip").textContent.includes(number), number.slice(-6));
  // Whatever asks for a record that is gone would be on the console by now, and fail this check.
  await page.waitForTimeout(300);
});

await check("a record that was deleted elsewhere says so in plain words, and its tab closes", page, async () => {
  const number = numbers[5];
  await page.goto(`${told.url}/smart-gate/${number}`);
  await page.waitForSelector(`${front} .record .content-view`);
  const { version } = await shown(page, told, number);
  await ask(page, told, "DELETE", `/api/v1/smart-gate/records/${number}?version=${version}`);
  await page.click(`${front} .record .actions [aria-label='刷新']`);
  await page.waitForSelector(`${asked}:has-text('单证 ${number} 已被删除，页签已关闭。')`);
  assert.ok(page.faults.every((fault) => fault.includes("404")), page.faults.join());
  page.faults.length = 0;
  await page.keyboard.press("Enter");
  await page.waitForSelector(asked, { state: "hidden" });
  assert.ok(!(await names()).some((name) => name.includes(number.slice(-6))));
  assert.ok(!isNumber(page.url()) || !page.url().includes(number));
});

await browser.close();
end();
