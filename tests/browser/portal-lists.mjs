// What belongs to every manual's lists and records: settings, saved queries, import, templates, signatures: node portal-lists.mjs '{"url", "captcha", ...}'

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { accessible, assert, check, end } from "./check.mjs";
import { launch, SIZES } from "./browser.mjs";
import { logIn, open } from "./portal.mjs";
import { opened, workbook } from "./workbook.mjs";

const told = JSON.parse(process.argv[2]);
const browser = await launch();
const page = await open(browser, told, "/smart-gate");
const picture = (name) => page.screenshot({ path: join(told.folder, `${name}.png`), fullPage: true });
/** What the centre answers to this person. */
const asked = (path, body, method = body ? "POST" : "GET") =>
  page.evaluate(async ([path, body, method]) => {
    const answer = await fetch(path, { method, headers: { "content-type": "application/json" }, body: body ? JSON.stringify(body) : undefined });
    return answer.status === 204 ? null : answer.json();
  }, [path, body, method]);
const RECORD = {
  customs_code: "0708", medium_type: "VN", medium_key: "蒙LK8216", business_type: "1000000000", transport_mode: "4", ie_flag: "I",
  vehicle_weight_kg: 8600, trailer_weight_kg: 6400, container_weight_kg: 0, remark: "长协煤",
  lines: [{ direction: "E", object_type: "B", object_id: "MGL2510130087", voyage_no: "0708251013017", business_type: "1000000000", bill_type: "1", pickup_weight_kg: 32500 }],
};
const HEAD = "组号,关区代码,绑定介质类型,绑定介质关键信息,业务类型,运输方式,进出口标志,过卡车辆类型,车辆重量,挂车重量,集装箱重量,备注,表体进出方向,绑定对象类型,绑定对象ID,船名,航次批次号,表体业务类型,提单类型,本次提货重量,箱号1,箱号2,安全智能锁号1,安全智能锁号2,表体备注".split(",");
const row = (key, code = "0708") => ["", code, "VN", key, "1000000000", "4", "I", "02", 8600, 6400, 0, "", "E", "B", "MGL2510130087", "", "0708251013017", "1000000000", "1", 32500, "", "", "", "", ""];
/** Closes what hangs below a button of the bar. */
const away = () => page.click("header.top h1");
const heads = () => page.locator(".query .results thead th").allTextContents();
const barButton = (text) => page.click(`.query .bar .ant-btn:has-text("${text}")`);
let number;

await check("what is set on the page is kept at the centre", page, async () => {
  await page.waitForSelector(".log-in-box");
  await logIn(page, told);
  await page.waitForSelector(".query .results");
  number = (await asked("/api/v1/smart-gate/records", RECORD)).unified_no;
  assert.match(number, /^\d{18}$/);
  await page.click(".query .bar .ant-btn[aria-label=刷新]");
  await page.waitForSelector(`.query .results .link:text-is("${number}")`);
  await barButton("显示列");
  await page.waitForSelector(".column-choice");
  await page.click(".column-choice label:has-text('车次确认编号')");
  await page.fill(".column-choice input[aria-label*='绑定介质关键信息']", "240");
  await accessible(page, "columns");
  await picture("columns");
  await page.keyboard.press("Enter");
  await away();
  assert.ok(!(await heads()).includes("车次确认编号"));
  await page.selectOption(".paging select", "20");
  await page.waitForFunction(async () => {
    const kept = await (await fetch("/api/v1/account/settings")).json();
    return kept.page_size === 20 && kept.lists["smart-gate"]?.hidden.includes("trip_no") && kept.lists["smart-gate"].widths.medium_key === 240;
  });
  const width = await page.locator(".query .results thead th:has-text('绑定介质关键信息')").evaluate((head) => head.offsetWidth);
  assert.equal(width, 240);
});

await check("a column is drawn wider with the mouse; the last column that is shown stays", page, async () => {
  const grip = page.locator(".query .results thead th:has-text('业务类型') .widen");
  const box = await grip.boundingBox();
  await page.mouse.move(box.x + 4, box.y + 8);
  await page.mouse.down();
  await page.mouse.move(box.x + 64, box.y + 8, { steps: 4 });
  await page.mouse.up();
  const width = await page.locator(".query .results thead th:has-text('业务类型')").evaluate((head) => head.offsetWidth);
  await page.waitForFunction(async (width) => (await (await fetch("/api/v1/account/settings")).json()).lists["smart-gate"].widths.business_type === width, width);
  await barButton("显示列");
  const shown = page.locator(".column-choice :checked");
  for (let left = await shown.count(); left > 1; left -= 1) {
    await page.click(".column-choice label:has(:checked)");
    await page.waitForFunction((left) => document.querySelectorAll(".column-choice :checked").length === left, left - 1);
  }
  assert.ok(await page.locator(".column-choice input[type=checkbox]:checked").isDisabled());
  await page.click(".column-choice .ant-btn:has-text('恢复默认列')");
  await page.click(".column-choice label:has-text('车次确认编号')");
  await away();
});

await check("what is changed just before the exit is not lost, and is there in another browser", page, async () => {
  await page.click("header.top [aria-label=界面设置]");
  await page.click(".ant-dropdown-menu-item:has-text('宽松')");
  await page.click("header.top .ant-btn:has-text('English')");
  await page.click("header.top .ant-btn:has-text('Log out')");
  await page.waitForSelector(".log-in-box");
  const other = await open(browser, told, "/smart-gate");
  await other.waitForSelector(".log-in-box");
  assert.equal(await other.getAttribute("html", "lang"), "zh-CN");
  await logIn(other, { ...told, ...told.again });
  await other.waitForSelector("html[lang=en][data-density=large] .query .results");
  assert.ok(!(await other.locator(".query .results thead th").allTextContents()).includes("Trip number"));
  assert.equal(await other.inputValue(".paging select"), "20");
  // A page that is closed at once has told the centre before.
  await other.click("header.top [aria-label='Display settings']");
  await other.click(".ant-dropdown-menu-item:has-text('Dark mode')");
  assert.deepEqual(other.faults, []);
  await other.goto(`${told.url}/healthz`);
  await other.goto(`${told.url}/smart-gate`);
  await other.waitForSelector("html[data-dark=true] .query .results");
  const kept = await other.evaluate(async () => (await fetch("/api/v1/account/settings")).json());
  assert.deepEqual([kept.language, kept.density, kept.dark], ["en", "large", true]);
  assert.deepEqual(other.faults, []);
  await other.evaluate(() => fetch("/api/v1/account/settings", { method: "PATCH", headers: { "content-type": "application/json" }, body: JSON.stringify({ language: "zh", density: "small", dark: false, lists: { "smart-gate": {} } }) }));
  await page.context().addCookies(await other.context().cookies());
  await other.context().close();
  await page.goto(`${told.url}/smart-gate`);
  await page.waitForSelector("html[lang=zh-CN][data-density=small] .query .results");
});

const near = (text) => page.click(`.query .conditions .presets .link:text-is("${text}")`);
const unfold = async () => {
  const more = page.locator(".query .conditions .ant-btn[aria-expanded=false]");
  if (await more.count()) await more.click();
};

await check("conditions are saved under a name, and a range that ends today follows the days", page, async () => {
  await unfold();
  await page.fill(".query [data-field=medium_key] input", "蒙LK8216");
  await near("7天");
  await barButton("常用查询");
  await page.fill(".save-as input", "我的车近7天");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".saved-name:text-is('我的车近7天')");
  const { items } = await asked("/api/v1/saved-queries?manual=smart_gate");
  assert.deepEqual(items[0].conditions, { medium_key: "蒙LK8216", entry_date_from: "today-7", entry_date_to: "today" });
  await accessible(page, "saved queries");
  await picture("saved-queries");
  await page.fill(".save-as input", "我的车近7天");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector(".saved-queries .fault-line")?.textContent.includes("名称已存在"));
  page.faults.length = 0;
  await away();
});

await check("a saved query is chosen, begun with, renamed and deleted", page, async () => {
  await page.click(".query .conditions .ant-btn:has-text('重置')");
  assert.equal(await page.inputValue(".query [data-field=medium_key] input"), "");
  await barButton("常用查询");
  await page.click(".saved-name:text-is('我的车近7天')");
  await page.waitForURL(/medium_key=/);
  assert.equal(await page.inputValue(".query [data-field=medium_key] input"), "蒙LK8216");
  const today = await page.inputValue(".query [data-field=entry_date] input[aria-label]");
  assert.match(today, /^\d{4}-\d\d-\d\d$/);
  await page.waitForSelector(`.query .results .link:text-is("${number}")`);
  await barButton("常用查询");
  await page.click(".saved-queries [aria-label='打开页面时使用 我的车近7天']");
  await page.waitForSelector(".saved-queries [aria-label='打开页面时不再使用 我的车近7天']");
  await page.click(".saved-queries [aria-label='重命名 我的车近7天']");
  await page.fill(".save-as input", "每日");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".saved-name:text-is('每日')");
  await page.goto(`${told.url}/smart-gate`);
  await page.waitForSelector(".query .results");
  await unfold();
  assert.equal(await page.inputValue(".query [data-field=medium_key] input"), "蒙LK8216");
  await barButton("常用查询");
  await page.click(".saved-queries [aria-label='删除 每日']");
  await page.click(".ant-modal-confirm .ant-btn-dangerous");
  await page.waitForFunction(async () => (await (await fetch("/api/v1/saved-queries")).json()).items.length === 0);
  await page.goto(`${told.url}/smart-gate`);
  await page.waitForSelector(".query .results");
});

const chosen = (name, bytes) => page.setInputFiles(".import input[type=file]", { name, mimeType: name.endsWith("csv") ? "text/csv" : "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", buffer: Buffer.from(bytes) });

await check("the template comes with text cells and a sheet that explains it", page, async () => {
  await page.click(".query .bar .ant-btn:has-text('导入')");
  await page.waitForSelector(".import h2");
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(".import a:has-text('下载模板')")]);
  const { parts, cells } = opened(readFileSync(await download.path()));
  assert.equal(cells.B1, "关区代码*");
  assert.ok(parts["xl/styles.xml"].includes('formatCode="@"'));
  assert.ok(parts["xl/sharedStrings.xml"].includes("数字单元格会丢失前导零"));
});

await check("a file is tried first: faults by row and column, and nothing is saved", page, async () => {
  const book = workbook([HEAD, row("蒙LK9001"), row("蒙LK9002", 708), row("", "0708")], "不要动我");
  await chosen("七月.xlsx", book);
  await page.waitForSelector(".import tr[data-faulty]");
  page.faults.length = 0;
  const faults = await page.locator(".import tr[data-faulty]").allInnerTexts();
  assert.equal(faults.length, 2, faults.join("\n"));
  assert.ok(/^3\s+关区代码\s+数字单元格会丢失前导零/.test(faults[0]) && /^4\s+绑定介质关键信息\s+该字段为必填项/.test(faults[1]), faults.join("\n"));
  assert.equal((await asked("/api/v1/smart-gate/records")).total, 1);
  await accessible(page, "faults of an import");
  await picture("import-faults");
  await page.setViewportSize(SIZES.phone);
  await accessible(page, "faults of an import on a phone");
  await picture("import-faults-phone");
  await page.setViewportSize(SIZES.desk);
});

await check("the same workbook comes back with a column of its faults", page, async () => {
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(".import .ant-btn:has-text('下载标注错误的表格')")]);
  page.faults.length = 0;
  const path = join(told.folder, "back.xlsx");
  await download.saveAs(path);
  const bytes = readFileSync(path);
  const { cells } = opened(bytes);
  assert.equal(cells.Z1, "错误");
  assert.equal(cells.Z2, undefined);
  assert.ok(cells.Z3.startsWith("关区代码: 数字单元格会丢失前导零"), cells.Z3);
  assert.ok(cells.Z4.startsWith("绑定介质关键信息: 该字段为必填项"), cells.Z4);
  assert.equal(opened(bytes, "xl/worksheets/sheet2.xml").cells.A1, "不要动我");
});

await check("nothing, a list without rows and a file that is none are refused", page, async () => {
  for (const [name, bytes, said] of [["empty.csv", "", "文件无法读取"], ["head.csv", `${HEAD.join(",")}\n`, "文件无法读取"], ["none.xlsx", "PK none", "文件无法读取"]]) {
    await chosen(name, bytes);
    await page.waitForFunction(([name, said]) => document.querySelector(".import")?.textContent.includes(name) && document.querySelector(".import tr[data-faulty]")?.textContent.includes(said), [name, said]);
  }
  page.faults.length = 0;
  await chosen("large.csv", Buffer.alloc(2 * 1024 * 1024 + 1, "x"));
  await page.waitForSelector(".import .ant-alert-error:has-text('不能超过 2M')");
});

await check("the corrected file is imported, and its records are in the list", page, async () => {
  await chosen("七月.xlsx", workbook([HEAD, row("蒙LK9001"), row("蒙LK9002")], "不要动我"));
  await page.waitForSelector(".import .ant-alert-success:has-text('可导入 2 票')");
  assert.equal((await asked("/api/v1/smart-gate/records")).total, 1);
  await page.click(".import .ant-btn:has-text('导入 2 票')");
  await page.waitForSelector(".import .ant-alert-success:has-text('共 2 票')");
  await picture("imported");
  assert.equal((await asked("/api/v1/smart-gate/records")).total, 3);
  await page.click(".import .table .link");
  await page.waitForSelector(".record .content-view:has-text('蒙LK9001')");
});

const fill = async (text) => {
  await page.click(".page:not([hidden]) .entry .actions .ant-btn:has-text('填入')");
  await page.click(`.ant-dropdown:not(.ant-dropdown-hidden) .ant-dropdown-menu-item:has-text("${text}")`);
};
const field = (name) => `.page:not([hidden]) .entry [data-field="${name}"]`;
const marks = () => page.locator(".page:not([hidden]) .entry .to-check").count();
const fresh = async () => {
  await page.goto(`${told.url}/smart-gate/new/new-${Math.random().toString(36).slice(2)}`);
  await page.waitForSelector(field("customs_code"));
};

await check("what stands in a record is saved as a template, for oneself or for the enterprise", page, async () => {
  await page.goto(`${told.url}/smart-gate/${number}/edit`);
  await page.waitForSelector(".page:not([hidden]) .entry .table tbody .link");
  for (const [name, scope] of [["长协煤", "仅自己使用"], ["公司通用", "企业共用"]]) {
    await fill("另存为模板");
    await page.fill("#template-name", name);
    await page.click(`.choice label:has-text("${scope}")`);
    if (scope === "企业共用") await accessible(page, "saving a template");
    await page.click(".ant-modal .ant-btn-primary");
    await page.waitForSelector("#template-name", { state: "detached" });
  }
  const { items } = await asked("/api/v1/entry-templates");
  assert.deepEqual(items.map((item) => [item.name, item.scope]), [["公司通用", "enterprise"], ["长协煤", "own"]]);
});

await check("a template fills a new record; what was filled is marked until it was looked at", page, async () => {
  await fresh();
  await page.fill(`${field("vehicle_weight_kg")} input`, "9000");
  await fill("长协煤");
  await page.waitForSelector(`${field("customs_code")}[data-filled]`);
  assert.equal(await page.inputValue(`${field("medium_key")} input`), "蒙LK8216");
  assert.equal(await page.inputValue(`${field("vehicle_weight_kg")} input`), "9000", "what was typed stays");
  assert.equal(await page.locator(`${field("vehicle_weight_kg")}[data-filled]`).count(), 0);
  await page.waitForSelector(".page:not([hidden]) .entry tr[data-filled]");
  const before = await marks();
  await accessible(page, "a filled form");
  await picture("filled");
  await page.focus(`${field("medium_key")} input`);
  await page.keyboard.press("Tab");
  await page.waitForFunction((before) => document.querySelectorAll(".page:not([hidden]) .entry .to-check").length === before - 1, before);
  // Marks come back with the working copy.
  await page.waitForSelector(".page:not([hidden]) .keeping[data-state=kept]");
  page.on("dialog", (dialog) => void dialog.accept());
  await page.reload();
  await page.waitForSelector(`${field("customs_code")}[data-filled]`);
  assert.equal(await marks(), before - 1);
  await page.click(".page:not([hidden]) .entry tr[data-filled] .link");
  await page.waitForSelector(".page:not([hidden]) .entry tr[data-filled]", { state: "detached" });
  await page.click(".page:not([hidden]) .entry .ant-btn:has-text('全部已核对')");
  await page.waitForFunction(() => document.querySelectorAll(".page:not([hidden]) .entry .to-check").length === 0);
});

await check("what was entered last fills the next record, but for what is new each time", page, async () => {
  await page.click(".page:not([hidden]) .entry .actions.rows .ant-btn");
  await page.keyboard.press("Alt+s");
  await page.waitForURL(/\/smart-gate\/\d{18}\/edit$/);
  await page.waitForFunction(async () => (await (await fetch("/api/v1/last-used/smart_gate")).json()).updated_at !== null);
  await fresh();
  await fill("上次录入的内容");
  await page.waitForSelector(`${field("customs_code")}[data-filled]`);
  assert.equal(await page.inputValue(`${field("vehicle_weight_kg")} input`), "9000");
  assert.equal(await page.inputValue(`${field("medium_key")} input`), "");
  assert.equal(await page.locator(".page:not([hidden]) .entry tr[data-filled]").count(), 0);
});

await check("templates are renamed and deleted; a copy is marked like a template", page, async () => {
  await fill("管理模板");
  await page.click("[aria-label='重命名 长协煤']");
  await page.fill(".ant-modal .box", "长协煤二");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".ant-modal .saved-name:has-text('长协煤二')");
  await picture("templates");
  await page.click("[aria-label='删除 公司通用']");
  await page.click(".ant-modal-confirm .ant-btn-dangerous");
  await page.waitForFunction(() => document.querySelectorAll(".ant-modal .saved-name").length === 1);
  await page.click(".ant-modal .ant-btn:has-text('关闭')");
  await page.goto(`${told.url}/smart-gate/${number}`);
  await page.waitForSelector(".page:not([hidden]) .record .content-view");
  await page.keyboard.press("Alt+c");
  await page.waitForSelector(`${field("medium_key")}[data-filled]`);
});

await check("a signature is shown with its card and text, and is verified anew", page, async () => {
  await page.goto(`${told.url}/smart-gate/${number}`);
  await page.click(".page:not([hidden]) .record .actions .ant-btn:has-text('申报')");
  await page.waitForSelector(".sign .content-view");
  await page.fill(".pin-form input", told.pin);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".page:not([hidden]) .record .status:not([data-tone=draft])");
  await page.click(".page:not([hidden]) .record [role=tab]:has-text('电子签名')");
  await page.waitForSelector(".signatures .section");
  const text = await page.innerText(".signatures .section");
  for (const part of ["申报", told.card, "王强", "满洲里草原煤业有限公司", "SM2-SM3"]) assert.ok(text.includes(part), `${part} in ${text}`);
  await page.click(".signatures summary");
  assert.ok((await page.innerText(".signatures pre")).includes(`"number":"${number}"`));
  await page.click(".signatures .ant-btn:has-text('验证签名')");
  await page.waitForSelector(".signatures .ant-alert-success:has-text('签名有效')");
  assert.equal(await page.locator(".signatures [data-holds=true]").count(), 5);
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(".signatures .ant-btn:has-text('下载签名证据')")]);
  await download.saveAs(join(told.folder, "evidence.json"));
  await accessible(page, "signatures");
  await picture("signatures");
  await page.setViewportSize(SIZES.phone);
  await accessible(page, "signatures on a phone");
  await picture("signatures-phone");
  await page.setViewportSize(SIZES.desk);
});

writeFileSync(join(told.folder, "number"), number);
await browser.close();
end();
