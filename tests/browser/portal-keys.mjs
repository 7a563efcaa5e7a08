// The keyboard, key by key: node portal-keys.mjs '{"url", "captcha", ...}'

import { assert, check, end } from "./check.mjs";
import { launch } from "./browser.mjs";
import { at, holds, logIn, open, put, take } from "./portal.mjs";
import { box, held, reach, RECORD, stored, shown, typeLine } from "./portal-hands.mjs";

const told = JSON.parse(process.argv[2]);
const browser = await launch();
const page = await open(browser, told);
await page.addInitScript(() => {
  window.print = () => (window.printed = (window.printed ?? 0) + 1);
});
await page.goto(`${told.url}/smart-gate/new/new-keys`);
await logIn(page, told);
const press = (key) => page.keyboard.press(key);
const isOpen = () => page.evaluate(() => document.activeElement.getAttribute("aria-expanded") === "true");
const modal = ".ant-modal-wrap:not([style*='display: none'])";
/** What is written of records; working copies and what was entered last are the page's own memory. */
const writes = [];
page.on("request", (request) => request.method() !== "GET" && !/\/(working-copies|last-used)\//.test(request.url()) && writes.push(`${request.method()} ${new URL(request.url()).pathname}`));
/** Alt and the key at this place of the keyboard, on a layout on which it writes something else. */
async function altOnAnotherLayout(code, written) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Input.dispatchKeyEvent", { type: "rawKeyDown", modifiers: 1, code, key: written, windowsVirtualKeyCode: code.charCodeAt(3) });
  await cdp.send("Input.dispatchKeyEvent", { type: "keyUp", modifiers: 1, code, key: written, windowsVirtualKeyCode: code.charCodeAt(3) });
  await cdp.detach();
}

await check("Space opens the list, Esc closes it and stays, the arrows choose, Enter takes", page, async () => {
  await at(page, "customs_code");
  await press("Space");
  await page.waitForSelector(`.entry [data-field=customs_code] [role=option][aria-selected=true]:visible`);
  await press("Escape");
  assert.equal(await isOpen(), false);
  await at(page, "customs_code");
  await press("Enter");
  await at(page, "medium_type");
  await press("Space");
  await press("ArrowDown");
  await press("ArrowDown");
  await press("ArrowUp");
  await press("Enter");
  await holds(page, "medium_type", "VE 电子车牌号");
  await at(page, "medium_type");
});

await check("letters, digits and Chinese search code or name; Backspace clears what was taken and edits elsewhere", page, async () => {
  await press("Backspace");
  await holds(page, "medium_type", "");
  await take(page, "车牌");
  await holds(page, "medium_type", "VN 车牌号");
  await at(page, "medium_key");
  await page.keyboard.type("蒙LK82167");
  await press("Backspace");
  assert.equal(await held(page, "medium_key"), "蒙LK8216");
  await press("Shift+Enter");
  await at(page, "medium_type");
  await press("Shift+Tab");
  await at(page, "customs_code");
  await take(page, "0708");
  await at(page, "medium_type");
  await press("Tab");
  await at(page, "medium_key");
});

await check("grey buttons have dead keys: nothing is deleted, copied or printed that is not saved", page, async () => {
  for (const name of ["删除", "复制", "打印"]) assert.ok(await page.isDisabled(`.entry > .actions .ant-btn:has-text("${name}")`), name);
  const tabs = await page.locator(".tab-name").count();
  for (const key of ["Alt+r", "Alt+c", "Alt+p"]) await press(key);
  assert.equal(await page.locator(modal).count(), 0);
  assert.equal(await page.locator(".tab-name").count(), tabs);
  assert.equal(await page.evaluate(() => window.printed), undefined);
  assert.deepEqual(writes, []);
});

await check("Enter walks through the header, never submits, and from the last field of a row stores the row", page, async () => {
  await at(page, "medium_key");
  await press("Enter");
  await take(page, "1000000000");
  await take(page, "公路");
  await at(page, "ie_flag");
  await take(page, "I");
  await at(page, "vehicle_pass_type");
  await press("Enter");
  for (const weight of ["8600", "6400", "0", "键盘"]) await put(page, weight);
  await at(page, "row.direction");
  await typeLine(page, "MGL2510130087");
  await typeLine(page, "MGL2510130088");
  assert.equal(await page.locator(".entry .table tbody tr").count(), 2);
  assert.deepEqual(await page.locator(".entry .table tbody tr td:nth-child(2)").allTextContents(), ["1", "2"]);
  assert.deepEqual(writes, []);
});

await check("F8 and Shift+F8 go from fault to fault, also into rows, and each fault is told once", page, async () => {
  await page.fill(box("vehicle_weight_kg"), "");
  // A row with a fault is not stored; the fault stands in its form.
  await page.click(".entry .table tbody tr:nth-child(1) td:nth-child(2) .link");
  await at(page, "row.direction");
  await page.fill(box("row.voyage_no"), "坏".repeat(33));
  await press("Alt+s");
  await page.waitForSelector(".summary li");
  await page.waitForFunction(() => document.activeElement?.classList.contains("summary"));
  await page.fill(box("row.voyage_no"), "0708251013017");
  await page.click(".entry .actions.rows .ant-btn:has-text('保存')");
  await page.fill(box("trailer_weight_kg"), "x");
  await press("Alt+s");
  await page.waitForFunction(() => document.querySelectorAll(".summary li").length === 2);
  await press("F8");
  await at(page, "vehicle_weight_kg");
  await press("F8");
  await at(page, "trailer_weight_kg");
  await press("F8");
  await at(page, "vehicle_weight_kg");
  await press("Shift+F8");
  await at(page, "trailer_weight_kg");
  await page.fill(box("vehicle_weight_kg"), "8600");
  await page.fill(box("trailer_weight_kg"), "6400");
});

await check("the centre's faults of two rows are walked through one after the other", page, async () => {
  for (const place of [1, 2]) {
    await page.click(`.entry .table tbody tr:nth-child(${place}) td:nth-child(2) .link`);
    await at(page, "row.direction");
    await page.fill(box("row.pickup_weight_kg"), "0");
    await page.click(".entry .actions.rows .ant-btn:has-text('保存')");
  }
  await press("Alt+s");
  await page.waitForFunction(() => document.querySelectorAll(".summary li").length >= 2);
  page.faults.length = 0;
  const said = await page.locator(".summary li").count();
  const seen = new Set();
  for (let step = 0; step < said; step += 1) {
    await press("F8");
    const place = await page.waitForFunction((before) => {
      const field = document.activeElement?.closest("[data-field]")?.dataset.field;
      const here = `${document.querySelector(".row-state").textContent} ${field}`;
      return field && !before.includes(here) && here;
    }, [...seen]);
    seen.add(await place.jsonValue());
    assert.equal(await page.locator(".summary li").count(), said, "no fault is told twice");
  }
  assert.equal(seen.size, said, [...seen].join());
  for (const place of [1, 2]) {
    await page.click(`.entry .table tbody tr:nth-child(${place}) td:nth-child(2) .link`);
    await at(page, "row.direction");
    await page.fill(box("row.pickup_weight_kg"), "32500");
    await page.click(".entry .actions.rows .ant-btn:has-text('保存')");
  }
});

await check("a text that is no entry is not saved away; one that means an entry is taken by the save itself", page, async () => {
  writes.length = 0;
  await page.focus(box("vehicle_pass_type"));
  await page.keyboard.type("九九");
  await press("Alt+s");
  await page.waitForSelector(".summary li:has-text('参数不存在')");
  assert.equal(await held(page, "vehicle_pass_type"), "九九");
  assert.deepEqual(writes, []);
  await page.focus(box("vehicle_pass_type"));
  await press("Control+a");
  await page.keyboard.type("02");
});

let number;
await check("Alt+S saves, also on a layout whose key writes something else", page, async () => {
  writes.length = 0;
  await altOnAnotherLayout("KeyS", "ы");
  await page.waitForURL(/\/smart-gate\/\d{18}\/edit$/);
  number = page.url().match(/\d{18}/)[0];
  assert.deepEqual(writes, ["POST /api/v1/smart-gate/records"]);
  assert.equal((await shown(page, told, number)).vehicle_pass_type, "02");
});

await check("Alt+R asks, the question is not answered by Enter, Esc leaves it, and the cursor is where it was", page, async () => {
  await page.focus(box("remark"));
  await press("Alt+r");
  const question = await page.waitForSelector(modal);
  const text = await question.textContent();
  for (const part of ["是否确认删除该数据？", number, "暂存状态的数据，删除后不可恢复，只能重新录入，请谨慎操作！"]) assert.ok(text.includes(part), `${part} in ${text}`);
  await page.waitForFunction(() => document.activeElement?.textContent === "取消");
  await press("Alt+s");
  await press("Escape");
  await page.waitForSelector(modal, { state: "hidden" });
  await at(page, "remark");
  await press("Alt+r");
  await page.waitForFunction(() => document.activeElement?.textContent === "取消");
  await press("Enter");
  await page.waitForSelector(modal, { state: "hidden" });
  assert.deepEqual(writes, ["POST /api/v1/smart-gate/records"], "keys under a dialog are dead, and nothing was deleted");
  await shown(page, told, number);
});

await check("Alt+P prints, Alt+C opens a new record with what a person typed and no number", page, async () => {
  await press("Alt+p");
  assert.equal(await page.evaluate(() => window.printed), 1);
  await press("Alt+c");
  await page.waitForURL(/\/smart-gate\/new\//);
  await holds(page, "medium_key", "蒙LK8216");
  assert.equal(await held(page, "unified_no"), "");
  assert.equal(await page.locator(".page:not([hidden]) .entry .table tbody tr .link").count(), 2);
});

await check("Alt+K lists the keys everywhere, Esc gives the cursor back", page, async () => {
  await page.focus(box("remark"));
  await press("Alt+k");
  await page.waitForSelector(".key-list:visible");
  const list = await page.textContent(".key-list");
  for (const key of ["Alt+K", "Alt+S", "Alt+R", "Alt+C", "Alt+P", "Enter", "Shift+Enter", "Space", "Backspace", "Esc", "F8", "Shift+F8"]) assert.ok(list.includes(key), key);
  await press("Escape");
  await page.waitForSelector(".key-list", { state: "hidden" });
  await at(page, "remark");
  await page.click("header.top .keys-button");
  await page.waitForSelector(".key-list:visible");
  await press("Escape");
  await page.waitForSelector(".key-list", { state: "hidden" });
});

await check("arrows walk the results, Space ticks, Enter opens", page, async () => {
  const { unified_no: second } = await stored(page, told, { ...RECORD, medium_key: "蒙LK8217" });
  await page.goto(`${told.url}/smart-gate?page=1&page_size=10`);
  await page.waitForSelector(".query .results tbody tr[tabindex='0']");
  await reach(page, ".query .results tbody tr");
  await press("ArrowDown");
  const place = () => page.evaluate(() => document.activeElement.matches("tr") && [...document.activeElement.parentElement.children].indexOf(document.activeElement));
  assert.equal(await place(), 1);
  await press("Space");
  assert.ok(await page.isChecked(".query .results tbody tr:nth-child(2) input[type=checkbox]"));
  await press("Space");
  assert.ok(!(await page.isChecked(".query .results tbody tr:nth-child(2) input[type=checkbox]")));
  await press("ArrowUp");
  assert.equal(await place(), 0);
  await press("Enter");
  await page.waitForURL(`**/smart-gate/${second}`);
  await page.waitForSelector(".record .content-view");
});

await check("a declared record has no live keys but copy and print", page, async () => {
  // The centre is not asked to declare here: what a page may do comes from the record's actions alone.
  await page.route(`**/api/v1/smart-gate/records/${number}`, async (route) => {
    const answer = await route.fetch();
    const record = await answer.json();
    return route.fulfill({ response: answer, json: { ...record, status: "SENT", actions: ["view", "copy"] } });
  });
  await page.goto(`${told.url}/smart-gate/${number}/edit`);
  await page.waitForSelector(".page:not([hidden]) .entry .content-view, .page:not([hidden]) .entry .table");
  writes.length = 0;
  for (const name of ["暂存", "删除", "申报"]) assert.ok(await page.isDisabled(`.page:not([hidden]) .entry > .actions .ant-btn:has-text("${name}")`), name);
  assert.equal(await page.locator(".page:not([hidden]) .entry .field:not([data-ground=grey])").count(), 0, "all fields are grey");
  for (const key of ["Alt+s", "Alt+r"]) await press(key);
  assert.equal(await page.locator(modal).count(), 0);
  assert.deepEqual(writes, []);
  await press("Alt+c");
  await page.waitForURL(/\/smart-gate\/new\//);
});

await browser.close();
end();
