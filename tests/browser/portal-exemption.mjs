// An exemption from attending inspection from the keyboard to the officers' figures: node portal-exemption.mjs '{"url", "captcha", "exemption", ...}'

import { assert, check, end } from "./check.mjs";
import { launch, SIZES } from "./browser.mjs";
import { insert } from "./officer.mjs";
import { good } from "./pdf.mjs";
import { at, holds, logIn, open, put, take } from "./portal.mjs";
import { signaturesHold } from "./signatures.mjs";

const told = JSON.parse(process.argv[2]);
const { declaration, foreign, bill, office, gateway_token } = told.exemption;
const DESK = "/desk?manual=attendance-exemptions";
const FRONT = ".page:not([hidden])";
const browser = await launch();
const page = await open(browser, told, "/attendance-exemptions");
let number;

const picture = (name, of = page) => (process.env.PICTURES ? of.screenshot({ path: `${process.env.PICTURES}/exemption-${name}.png` }) : undefined);

/** Presses Tab until the keyboard is on what has this text. */
async function tabToText(text, most = 80) {
  for (let step = 0; step < most; step += 1) {
    if (await page.evaluate((text) => document.activeElement?.textContent?.replace(/\s/g, "") === text, text)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`Tab does not reach ${text}`);
}

/** Presses Tab until the keyboard is in the box for the PIN, and types it. */
async function typePin() {
  for (let step = 0; step < 30 && !(await page.evaluate(() => document.activeElement?.matches(".pin-form input"))); step += 1) await page.keyboard.press("Tab");
  await page.keyboard.type(told.pin);
  await page.keyboard.press("Enter");
}

/** Presses the button that applies: the last of the bar above the form. */
async function apply() {
  await page.focus(".entry > .actions .ant-btn >> nth=0");
  await tabToText("申请");
  await page.keyboard.press("Enter");
}

/** Chooses a file with the keyboard alone: the button has the focus. */
async function chooseFile(file) {
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.keyboard.press("Enter")]);
  await chooser.setFiles([file]);
}

/** What the gateway of customs reports of the message that is under way. */
async function report(said) {
  const ask = async (method, path, body) => {
    const answer = await fetch(told.url + path, { method, headers: { authorization: `Bearer ${gateway_token}`, "content-type": "application/json" }, body: body && JSON.stringify(body) });
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return answer.json();
  };
  const answer = await ask("POST", `/api/v1/gateway/attendance-exemptions/${number}/reports`, { report_no: `${number}-${said}`, report: said, message_no: `${number}-1` });
  assert.ok(answer.applied, said);
}

await check("the menu has both kinds of application and the data query, and the page leads on from the log-in", page, async () => {
  await page.waitForSelector(".log-in-box");
  await logIn(page, told);
  await page.waitForSelector(".query .conditions");
  const menu = await page.textContent("nav.side");
  for (const entry of ["免于到场协助查验申请（报关单）", "免于到场协助查验申请（非报关单）", "免到场数据查询"]) assert.ok(menu.includes(entry), `${entry} in ${menu}`);
});

await check("the query begins with declarations of the last thirty days; the number asked for is that of the kind", page, async () => {
  await page.waitForFunction(() => document.querySelector("[data-field=doc_type] input")?.value.includes("（报关单）"));
  assert.equal(await page.getAttribute("[data-field=operated]", "data-ground"), "yellow");
  const blue = (await page.locator(".conditions .ant-btn-primary").allTextContents()).map((text) => text.replace(/\s/g, ""));
  assert.deepEqual(blue, ["查询", "重置"]);
  assert.match(await page.inputValue("[data-field=operated] input >> nth=0"), /^\d{4}-\d{2}-\d{2}$/);
  assert.ok(await page.isVisible("[data-field=declaration_no]") && !(await page.isVisible("[data-field=bill_no]")));
  await page.click("[data-field=doc_type] input");
  await page.keyboard.press("Backspace");
  await page.keyboard.type("非报关单");
  await page.waitForSelector("[data-field=doc_type] [role=option][aria-selected=true]:has-text('非报关单')");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-field=bill_no]");
  assert.ok(!(await page.isVisible("[data-field=declaration_no]")));
  await page.click(".conditions .ant-btn:has-text('重置')");
  await page.waitForSelector("[data-field=declaration_no]");
});

await check("a declaration of somebody else fills nothing in and says why; the own one fills in the office of inspection", page, async () => {
  await page.click("nav.side [role=menuitem]:has-text('（报关单）')");
  await at(page, "declaration_no");
  assert.ok((await page.textContent(".hint-line")).includes("返填查验地海关"));
  await holds(page, "applicant_name", "满洲里草原煤业有限公司");
  await page.waitForSelector(".entry [data-field=doc_type][data-ground=grey]");
  await put(page, foreign);
  await page.waitForSelector(".entry [data-field=declaration_no] .fault:has-text('申请单位的海关十位与报关单境内收发货人海关十位不一致')");
  await holds(page, "inspection_customs_code", "");
  page.faults.length = 0;
  await page.keyboard.press("Shift+Enter");
  await at(page, "declaration_no");
  await put(page, declaration);
  await page.waitForFunction((office) => document.querySelector(".entry [data-field=inspection_customs_code] input")?.value.startsWith(office), office);
  await page.waitForFunction(() => !document.querySelector(".entry .fault"));
});

await check("Alt+S keeps what there is: number and date are made, the buttons follow the status", page, async () => {
  const greys = async () => (await page.locator(".entry .ant-btn:disabled").allTextContents()).map((text) => text.replace(/\s/g, "")).sort();
  assert.deepEqual(await greys(), ["删除", "打印", "添加文件", "申请"].sort());
  await page.keyboard.press("Alt+s");
  await page.waitForURL(/\/attendance-exemptions\/\d{18}\/edit$/);
  number = page.url().match(/\d{18}/)[0];
  await holds(page, "data_center_no", number);
  assert.match(await page.inputValue(".entry [data-field=application_date] input"), /^\d{4}-\d{2}-\d{2}$/);
  await page.waitForSelector(".entry .status[data-tone=draft]:has-text('暂存')");
  const labels = (await page.locator(".entry > .actions .ant-btn").allTextContents()).map((text) => text.replace(/\s/g, ""));
  assert.deepEqual(labels, ["新增", "暂存", "删除", "打印", "填入", "申请"]);
  // The category of a file is chosen first.
  assert.deepEqual(await greys(), ["添加文件"]);
});

await check("what an application lacks is told at its place before anything is signed", page, async () => {
  await apply();
  await page.waitForSelector(".entry [data-field=contact_name] .fault");
  await page.waitForSelector(".entry .summary:has-text('联系电话')");
  // The summary has the keyboard; its first line leads to the first fault.
  await page.waitForFunction(() => document.activeElement?.matches(".summary"));
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await at(page, "contact_name");
  await put(page, "王芳");
  await at(page, "contact_phone");
  await page.keyboard.type("12345");
  await page.keyboard.press("Alt+s");
  await page.waitForSelector(".entry [data-field=contact_phone] .fault:has-text('联系电话格式有误')");
  page.faults.length = 0;
  await page.click(".entry [data-field=contact_phone] input");
  await page.keyboard.type("13816001234");
  await page.keyboard.press("Alt+s");
  await page.waitForFunction(() => !document.querySelector(".entry .fault"));
  await apply();
  await page.waitForSelector(".entry [role=alert]:has-text('00000001、00000002 二选一必填')");
});

await check("a statement is attached by keyboard alone, with the card; a second one of the category asks before it replaces", page, async () => {
  await page.click(".entry [data-field=contact_phone] input");
  await page.waitForFunction(() => document.querySelector(".entry .files .limits")?.textContent.includes("200K"));
  await page.keyboard.press("Tab");
  await page.waitForFunction(() => document.activeElement?.closest("[data-field]")?.dataset.field === "attachment-category");
  await page.keyboard.press("Space");
  await page.waitForSelector(".file-category [role=option]:has-text('查验时不到场的声明')");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await tabToText("添加文件");
  await chooseFile(good("声明.pdf"));
  await page.waitForSelector(".files .pin-form");
  page.faults.length = 0;
  await typePin();
  await page.waitForSelector(".files .table td:has-text('声明.pdf')");
  await picture("entry");
  await page.focus(".files .ant-btn:has-text('添加文件')");
  await chooseFile(good("声明（盖章）.pdf", 4000));
  await page.waitForSelector(".ant-modal-confirm:has-text('是否覆盖')");
  await page.click(".ant-modal-confirm .ant-btn-primary");
  await page.waitForSelector(".files .table td:has-text('声明（盖章）.pdf')");
  assert.equal(await page.locator(".files .table tbody tr").count(), 1);
});

await check("it is applied for by keyboard alone: what is signed is shown, and the card signs it", page, async () => {
  await apply();
  await page.waitForSelector(".ant-modal-confirm");
  await page.waitForFunction(() => document.querySelector(".ant-modal-confirm")?.contains(document.activeElement));
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".sign .content-view");
  const shown = await page.textContent(".sign");
  for (const part of [declaration, "王芳", "声明（盖章）.pdf"]) assert.ok(shown.includes(part), `${part} in what is signed`);
  await picture("sign");
  await page.focus(".sign .actions .ant-btn");
  await typePin();
  await page.waitForSelector(".ant-message:has-text('申请成功')");
  await page.waitForSelector(".record .status[data-tone=waiting]:has-text('已申请')");
  for (const label of ["修改", "删除"]) assert.ok(!(await page.textContent(".record .actions")).includes(label), label);
});

await check("an officer finds it at the desk with mode, instruction, file and waiting time, and agrees with the card", page, async () => {
  await report("handed_over");
  await report("stored");
  await insert(told, told.officer_card);
  const officer = await open(browser, told, DESK, { token: told.officer_token });
  await officer.waitForSelector(".work-item");
  const item = await officer.textContent(".work-item");
  for (const part of [declaration, "满洲里草原煤业有限公司", "查验时不到场", "已等待"]) assert.ok(item.includes(part), `${part} in ${item}`);
  await officer.focus(".work-item");
  await officer.keyboard.press("Enter");
  await officer.waitForSelector(".work-record .content-view");
  const shown = await officer.textContent(".work-record");
  for (const part of ["查验时不到场", "已下达查验指令", "声明（盖章）.pdf", "王芳"]) assert.ok(shown.includes(part), `${part} at the desk`);
  await officer.click("[data-act=reject]");
  assert.ok(await officer.isDisabled(".pin-form [type=submit]"));
  await officer.keyboard.press("Escape");
  await officer.waitForSelector(".pin-form", { state: "detached" });
  await picture("desk", officer);
  await officer.click("[data-act=approve]");
  await officer.fill(".panel textarea", "同意，由场所协助");
  await officer.fill(".pin-form input", told.pin);
  await officer.keyboard.press("Enter");
  await officer.waitForFunction(() => document.querySelectorAll(".work-item").length === 0);
  // The filter asks the centre, and what it finds stays until it is taken back.
  await officer.click(".work .ant-btn:has-text('筛选')");
  await officer.fill(".work [data-field=applicant] input", "没有这家");
  await officer.keyboard.press("Enter");
  await officer.waitForSelector(".work .ant-btn:has-text('已筛选')");
  assert.deepEqual(officer.faults, []);
  await officer.context().close();
});

await check("the declarant sees the answer with its review number, its receipts, and the notice of it", page, async () => {
  await page.waitForSelector(".record .status[data-tone=good]:has-text('同意')");
  await page.waitForFunction((office) => [...document.querySelectorAll(".record .on-screen dd, .record dd")].some((value) => new RegExp(`^M${office}\\d{13}$`).test(value.textContent)), office);
  assert.ok((await page.textContent(".record")).includes("同意，由场所协助"));
  await page.click(".record [role=tab]:has-text('回执')");
  await page.waitForFunction(() => [...document.querySelectorAll(".record .table tbody tr")].some((row) => row.textContent.includes("同意，由场所协助") && row.textContent.includes("海关")));
  await signaturesHold(page, told, number, ["申请", "上传随附单据"]);
  await page.click("nav.side [role=menuitem]:has-text('通知')");
  await page.waitForSelector(`.notices li:has-text('${number}'):has-text('同意')`);
});

await check("it is found by its number and status; the status opens the receipts, which are closed again", page, async () => {
  await page.click("nav.side [role=menuitem]:has-text('免到场数据查询')");
  await page.fill(`${FRONT} [data-field=declaration_no] input`, declaration);
  await page.click(`${FRONT} [data-field=status] input`);
  await take(page, "同意");
  // Without the conditions the list would show the same row.
  const found = page.waitForResponse((answer) => answer.url().includes(`declaration_no=${declaration}`) && answer.url().includes("status=APPROVED"));
  await page.click(`${FRONT} .conditions [type=submit]`);
  assert.equal((await found).status(), 200);
  await page.waitForFunction((number) => [...document.querySelectorAll(".page:not([hidden]) .results tbody tr")].length === 1 && document.querySelector(".page:not([hidden]) .results tbody tr").textContent.includes(number), number);
  const heads = (await page.locator(`${FRONT} .results thead th`).allTextContents()).filter((text) => text !== "" && text !== "操作");
  assert.deepEqual(heads, ["数据中心统一编号", "报关单号/提运单号", "海关审核编号", "单据状态", "申请单位", "查验地海关", "申请日期", "最近操作时间"]);
  await picture("query");
  await page.click(`${FRONT} .results .status`);
  await page.waitForSelector(`${FRONT} .panel .table tbody tr:has-text('同意')`);
  await page.click(`${FRONT} .panel .ant-btn:has-text('刷新')`);
  await page.click(`${FRONT} .panel .ant-btn:has-text('关闭')`);
  await page.waitForSelector(`${FRONT} .panel`, { state: "detached" });
  await page.fill(`${FRONT} [data-field=operated] input >> nth=0`, "2020-01-01");
  await page.keyboard.press("Enter");
  await page.waitForSelector(`${FRONT} [data-field=operated] .fault`);
  page.faults.length = 0;
  await page.click(`${FRONT} .conditions .ant-btn:has-text('重置')`);
  await page.click(`${FRONT} .conditions [type=submit]`);
  await page.waitForSelector(`${FRONT} .results .link.digits`);
});

await check("Alt+P prints the application with what came of it", page, async () => {
  await page.click(`${FRONT} .results .link.digits`);
  await page.waitForSelector(`${FRONT} .record`);
  await page.evaluate(() => {
    globalThis.printed = 0;
    window.print = () => (globalThis.printed += 1);
  });
  await page.keyboard.press("Alt+p");
  assert.equal(await page.evaluate(() => globalThis.printed), 1);
  await page.emulateMedia({ media: "print" });
  for (const text of [declaration, "同意，由场所协助", "声明（盖章）.pdf"]) assert.ok(await page.isVisible(`${FRONT} .record > .print-only >> text=${text}`), text);
  await page.emulateMedia({ media: "screen" });
});

await check("the same declaration cannot be entered again once customs has agreed", page, async () => {
  await page.click("nav.side [role=menuitem]:has-text('（报关单）')");
  await at(page, "declaration_no");
  await put(page, declaration);
  await page.waitForSelector(`${FRONT} [data-field=declaration_no] .fault:has-text('不允许再次录入')`);
  page.faults.length = 0;
});

await check("the officers' figures count it: one application, one agreed, and their time", page, async () => {
  const officer = await open(browser, told, "/desk/attendance-exemptions/statistics", { token: told.officer_token });
  await officer.waitForSelector(".figures tbody tr td");
  const cells = await officer.locator(".figures tbody tr:first-child td").allTextContents();
  assert.ok(cells[0].startsWith(office), cells[0]);
  assert.deepEqual(cells.slice(1, 4), ["1", "1", "0"]);
  assert.match(cells[4], /^0:\d{2}:\d{2}$/);
  assert.deepEqual(await officer.locator(".figures tfoot td").allTextContents(), cells.slice(1));
  const [download] = await Promise.all([officer.waitForEvent("download"), officer.click(".bar .ant-btn:has-text('CSV')")]);
  assert.ok(download.suggestedFilename().endsWith(".csv"));
  await picture("figures", officer);
  assert.deepEqual(officer.faults, []);
  await officer.context().close();
});

await check("on a phone, in English, a bill is entered, saved and deleted after asking", page, async () => {
  await insert(told, told.card);
  await page.evaluate(() => localStorage.setItem("kakou.settings", JSON.stringify({ language: "en", dark: false })));
  page.on("dialog", (dialog) => void dialog.accept());
  await page.setViewportSize(SIZES.phone);
  await page.goto(`${told.url}/attendance-exemptions`);
  await page.waitForSelector(`${FRONT} .query .bar`);
  await page.click(`${FRONT} .query .bar .ant-btn-primary`);
  await page.click(".ant-dropdown-menu-item:has-text('other than declaration')");
  await at(page, "bill_no");
  await put(page, bill.toLowerCase());
  await page.waitForFunction((office) => document.querySelector(".page:not([hidden]) .entry [data-field=inspection_customs_code] input")?.value.startsWith(office), office);
  await put(page, "蒙LK8216");
  await put(page, "Wang Fang");
  await page.keyboard.type("+86 21-58001234");
  await page.keyboard.press("Alt+s");
  await page.waitForURL(/\/attendance-exemptions\/\d{18}\/edit$/);
  const deleted = page.url().match(/\d{18}/)[0];
  await page.waitForSelector(`${FRONT} .entry .status:has-text('Saved')`);
  await picture("phone");
  const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(width[0] <= width[1], `${width[0]} wide on ${width[1]}`);
  await page.keyboard.press("Alt+r");
  await page.waitForSelector(".ant-modal-confirm:has-text('Delete this record?')");
  await page.click(".ant-modal-confirm .ant-btn-dangerous");
  await page.waitForSelector(`${FRONT} .query .results`);
  assert.equal(await page.evaluate(async (number) => (await fetch(`/api/v1/attendance-exemptions/${number}`)).status, deleted), 404);
  page.faults.length = 0;
});

await check("the exit at the top right ends the session", page, async () => {
  await page.setViewportSize(SIZES.desk);
  await page.click("header.top .ant-btn:has-text('Log out')");
  await page.waitForSelector(".log-in-box");
  assert.equal(await page.evaluate(async () => (await fetch("/api/v1/session")).status), 401);
});

await browser.close();
end();
