// An appointment from the keyboard to its cancellation: node portal-appointment.mjs '{"url", "captcha", "captcha_text", "username", ...}'

import { assert, check, end } from "./check.mjs";
import { launch } from "./browser.mjs";
import { ask, decide } from "./officer.mjs";
import { bad, good, refusedHere } from "./pdf.mjs";
import { at, holds, logIn, open, put, take } from "./portal.mjs";
import { signaturesHold } from "./signatures.mjs";

const told = JSON.parse(process.argv[2]);
const CONSIGNEE = "1507962233";
const PORT = "0708";
const browser = await launch();
const page = await open(browser, told, "/appointment");
// Files are chosen by the test from the first to the last: without a listener a browser would open its own window in between.
page.on("filechooser", () => undefined);
let number;

/** A day in Beijing, so many days from today. */
const day = (ahead) => new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(Date.now() + ahead * 86_400_000);
/** The Saturday of next week. */
const SATURDAY = day(13 - new Date(`${day(0)}T12:00:00Z`).getUTCDay());

/** Presses Tab until the keyboard is on what has this text. */
async function tabToText(text, most = 80) {
  for (let step = 0; step < most; step += 1) {
    if (await page.evaluate((text) => document.activeElement?.textContent?.replace(/\s/g, "") === text, text)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`Tab does not reach ${text}`);
}

/** Chooses a file with the keyboard alone: the button has the focus. */
async function chooseFiles(files) {
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.keyboard.press("Enter")]);
  await chooser.setFiles(files);
}

await check("the port's calendar is kept by its officers", page, async () => {
  const calendar = { working_day: [["08:30", "12:00"], ["13:30", "17:00"]], saturday: [], sunday: [], published_from: day(-30), published_until: day(60) };
  await ask(told, "PUT", `/api/v1/admin/ports/${PORT}/calendar`, { version: 0, calendar });
});

await check("the query begins with the applicant's own, and says that there is nothing", page, async () => {
  await page.waitForSelector(".log-in-box");
  await logIn(page, told);
  await page.waitForSelector(".query .results .none:has-text('暂无数据')");
  await page.waitForFunction((code) => document.querySelector("[data-field=own] input")?.value === code, CONSIGNEE);
  assert.equal(await page.getAttribute("[data-field=own]", "data-ground"), "grey");
  assert.equal(await page.getAttribute("[data-field=enterprise_type]", "data-ground"), "yellow");
  assert.equal(await page.getAttribute("[data-field=pre_entry_no]", "data-ground"), "white");
  const heads = await page.locator(".results thead th").allTextContents();
  assert.deepEqual(heads.filter((text) => text !== "" && text !== "操作"), ["预录入编号", "申报人名称", "收发货人名称", "申请时间", "预约时间", "状态"]);
});

await check("with type B the consignee is asked for, by the page and by the centre", page, async () => {
  await page.click("[data-field=enterprise_type] input");
  await page.keyboard.press("Backspace");
  await page.keyboard.type("B");
  await page.waitForSelector("[data-field=enterprise_type] [role=option][aria-selected=true]:has-text('收发货人')");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-field=consignee][data-ground=yellow]");
  await page.click(".conditions .ant-btn-primary[type=submit]");
  await page.waitForSelector("[data-field=consignee] .fault");
  page.faults.length = 0;
  await page.fill("[data-field=consignee] input", CONSIGNEE);
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => !document.querySelector("[data-field=consignee] .fault"));
  // A span of more than 15 days is refused in the words of the manual.
  await page.fill("[data-field=applied] .time-box:first-child input:first-child", "20260901");
  await page.keyboard.press("Tab");
  assert.equal(await page.inputValue("[data-field=applied] .time-box:first-child input:first-child"), "2026-09-01");
  await page.locator("[data-field=applied] .time-box").nth(1).locator("input").first().fill("2026-09-30");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-field=applied] .fault:has-text('查询跨度不得超过15天')");
  page.faults.length = 0;
  await page.click(".conditions .ant-btn:has-text('重置')");
  await page.click(".conditions .ant-btn-primary[type=submit]");
  await page.waitForFunction(() => !document.querySelector(".conditions .fault"));
});

await check("an application is entered by keyboard alone; the consignee and the name of the goods fill themselves in", page, async () => {
  await page.click(".query .bar .ant-btn-primary");
  await at(page, "consignee.customs_reg_no");
  assert.ok((await page.textContent(".entry .hint-line")).includes("10 位海关编码"));
  await page.waitForFunction((code) => document.querySelector(".entry [data-field='declarant.customs_reg_no'] input")?.value === code, CONSIGNEE);
  assert.equal(await page.getAttribute(".entry [data-field='declarant.name']", "data-ground"), "grey");
  // A code that is nobody's is told at once.
  await put(page, "3199999999");
  await page.waitForSelector(".entry [data-field='consignee.customs_reg_no'] .fault");
  page.faults.length = 0;
  await page.keyboard.press("Shift+Enter");
  await at(page, "consignee.customs_reg_no");
  // One that may not apply is told in a window as well.
  await put(page, "3122263899");
  await page.waitForSelector(".ant-modal-confirm-error:has-text('失信企业不允许操作')");
  page.faults.length = 0;
  await page.keyboard.press("Enter");
  await page.waitForSelector(".ant-modal-confirm", { state: "detached" });
  await page.waitForSelector(".entry [data-field='consignee.customs_reg_no'] .fault:has-text('失信企业')");
  await page.focus(".entry [data-field='consignee.customs_reg_no'] input");
  await page.keyboard.press("Control+a");
  await put(page, CONSIGNEE);
  await page.waitForFunction(() => document.querySelector(".entry [data-field='consignee.name'] input")?.value === "满洲里草原煤业有限公司");
  await at(page, "contact_name");
  await put(page, "李敏");
  await put(page, "13917250418");
  await take(page, PORT);
  await take(page, PORT);
  await take(page, "公路");
  await at(page, "slot_start");
  assert.equal(await page.getAttribute(".entry [data-field=slot_start] input", "placeholder"), "yyyy-mm-dd hh:mm");
  await put(page, `${SATURDAY} 10:00`);
  await at(page, "ie_flag");
  await holds(page, "slot_start", `${SATURDAY} 10:00:00`);
  await holds(page, "slot_end", `${SATURDAY} 12:00:00`);
  await page.keyboard.press("Space");
  assert.ok(await page.isChecked(".entry [data-field=ie_flag] input >> nth=0"));
  await page.keyboard.press("Enter");
  await at(page, "reason");
  await page.keyboard.type("易腐货物 48h");
  assert.equal(await page.textContent(".entry [data-field=reason] .bytes"), "（12字节）");
  await page.keyboard.press("Enter");
  await at(page, "row.hs_code");
  await page.keyboard.type("080");
  await page.waitForSelector(".code-list:not([hidden]) .none:has-text('至少输入 4 位')");
  await page.keyboard.type("9");
  await page.waitForSelector(".code-list:not([hidden]) [role=option]:has-text('0809290000')");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector(".entry [data-field='row.name'] input")?.value.includes("樱桃"));
  await page.keyboard.press("Enter");
  await at(page, "row.name");
  await page.keyboard.press("End");
  await page.keyboard.type("（车厘子）");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".entry .table tbody td:has-text('车厘子')");
  await at(page, "row.hs_code");
});

await check("the deadline of the slot and the hours of its port are told while it is typed", page, async () => {
  await page.waitForSelector(".entry .advice[data-tone=good]:has-text('最迟申请时间')");
  const advice = await page.textContent(".entry .advice");
  assert.ok(advice.includes(`${PORT} 口岸 ${SATURDAY} 为非工作日`), advice);
  // A slot in working hours cannot be booked: told before anything is sent.
  await page.fill(".entry [data-field=slot_start] input >> nth=0", `${day(13 - new Date(`${day(0)}T12:00:00Z`).getUTCDay() - 1)} 10:00`);
  await page.waitForSelector(".entry .advice[data-tone=bad]:has-text('预约时间与海关工作时间重叠')");
  page.faults.length = 0;
  await page.fill(".entry [data-field=slot_start] input >> nth=0", `${SATURDAY} 10:00`);
  await page.waitForSelector(".entry .advice[data-tone=good]");
});

await check("Alt+S saves it and makes its pre-entry number and status", page, async () => {
  await page.keyboard.press("Alt+s");
  await page.waitForURL(/\/appointment\/YTG\d{15}\/edit$/);
  number = page.url().match(/YTG\d{15}/)[0];
  await holds(page, "pre_entry_no", number);
  await holds(page, "status", "暂存");
});

await check("a PDF is attached by keyboard alone: the limits are told first, its state afterwards", page, async () => {
  const limits = await page.textContent(".entry .files .limits");
  for (const part of ["PDF", "4M", "200K", "最多 5 个"]) assert.ok(limits.includes(part), `${part} in ${limits}`);
  // Saving leaves the cursor where it was.
  await at(page, "slot_start");
  await tabToText("上传PDF");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".ant-modal .ant-btn:has-text('添加文件')");
  await tabToText("添加文件");
  await chooseFiles([good("发票.pdf")]);
  await page.waitForSelector(".uploads li[data-state=chosen]:has-text('待上传')");
  assert.equal(await page.getAttribute(".uploads", "aria-live"), "polite");
  await tabToText("上传/保存");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".uploads li[data-state=stored]:has-text('已上传')");
  await page.waitForSelector(".entry .files .table td:has-text('发票.pdf')");
});

await check("each fault of a file is told in words of its own, and a refused file costs nothing", page, async () => {
  const add = page.locator(".ant-modal .ant-btn:has-text('添加文件')");
  const choose = async (file) => {
    await add.focus();
    await chooseFiles([file]);
  };
  const state = ".uploads li[data-state=refused]";
  const here = { type: "不是 PDF 文件", empty: "文件是空的", size: "超过单个文件 4M" };
  for (const [kind, words] of Object.entries(here)) {
    await choose(refusedHere[kind]);
    await page.waitForSelector(`${state}:has-text('${words}')`);
  }
  await choose({ ...good("另一份.pdf") });
  await page.waitForSelector(`${state}:has-text('与 发票.pdf 内容相同')`);
  const found = { password: "已加密或有密码", active: "脚本、嵌入文件或启动动作", pageSize: "每页超过 200K", noPages: "没有页面", broken: "已损坏", mark: "不是 PDF 文件" };
  for (const [kind, words] of Object.entries(found)) {
    await choose(bad[kind]);
    await page.waitForSelector(".uploads li[data-state=chosen]");
    await page.click(".ant-modal .ant-btn:has-text('上传/保存')");
    await page.waitForSelector(`${state}:has-text('${words}')`);
  }
  page.faults.length = 0;
  assert.equal(await page.locator(".entry .files .table tbody tr").count(), 1);
});

await check("a file of the same name takes the place of the first after asking; another one is removed", page, async () => {
  const add = page.locator(".ant-modal .ant-btn:has-text('添加文件')");
  await add.focus();
  await chooseFiles([good("发票.pdf", 5000), good("装箱单.pdf", 2000)]);
  await page.click(".ant-modal .ant-btn:has-text('上传/保存')");
  await page.waitForSelector(".ant-modal-confirm:has-text('是否覆盖')");
  await page.click(".ant-modal-confirm .ant-btn-primary");
  await page.waitForFunction(() => document.querySelectorAll(".uploads li[data-state=stored]").length === 2);
  await page.click(".ant-modal-footer .ant-btn:has-text('关闭')");
  await page.waitForSelector(".ant-modal .uploads", { state: "detached" });
  assert.deepEqual(await page.locator(".entry .files tbody tr td:nth-child(2)").allTextContents(), ["发票.pdf", "装箱单.pdf"]);
  await page.click(".entry .files tbody tr:has-text('装箱单.pdf') button");
  await page.waitForSelector(".ant-modal-confirm:has-text('是否要删除该文件')");
  await page.click(".ant-modal-confirm .ant-btn-dangerous");
  await page.waitForFunction(() => document.querySelectorAll(".entry .files tbody tr").length === 1);
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(".entry .files tbody a")]);
  assert.equal(download.suggestedFilename(), "发票.pdf");
});

await check("it is submitted with the card: the content and the hash of the file are what is signed", page, async () => {
  await page.click(".entry .actions .ant-btn:has-text('提交')");
  await page.click(".ant-modal-confirm .ant-btn-primary");
  await page.waitForSelector(".sign .content-view");
  const shown = await page.textContent(".sign");
  for (const part of ["李敏", "0809290000", "发票.pdf", `${SATURDAY} 10:00:00`]) assert.ok(shown.includes(part), `${part} in what is signed`);
  const hash = await page.textContent(".sign td.digits");
  assert.match(hash, /^[0-9a-f]{64}$/);
  assert.ok((await page.textContent(".signed-text")).includes(hash));
  await page.fill(".pin-form input", told.pin);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".record .status[data-tone=waiting]:has-text('申报')");
  await page.waitForFunction(() => !document.querySelector(".record .actions")?.textContent.includes("修改"));
});

await check("customs accepts and approves; the declarant sees the receipts and the application number", page, async () => {
  await decide(told, "appointments", number, "accept");
  await decide(told, "appointments", number, "approve", "请按时到场");
  await page.waitForSelector(".record .status[data-tone=good]:has-text('预约成功')");
  await page.waitForFunction((port) => [...document.querySelectorAll(".record .content-view dd")].some((value) => value.textContent.startsWith(port) && value.textContent.length === 18), PORT);
  await page.click(".record [role=tab]:has-text('回执')");
  await page.waitForSelector(".record .on-screen .table tbody tr:has-text('请按时到场')");
});

await check("what the card has signed is listed, verified anew and kept as evidence", page, async () => {
  await signaturesHold(page, told, number, ["提交"]);
});

await check("declaration numbers are typed and stored by Enter; one of another flag is refused where it was typed", page, async () => {
  await page.click(".record [role=tab]:has-text('申报内容')");
  const box = ".record .on-screen [data-part=feedback] [data-field=declaration_no]";
  await page.click(`${box} input`);
  await put(page, `${PORT}20260000000001`);
  await page.waitForSelector(`${box} .fault:has-text('进出口标识')`);
  page.faults.length = 0;
  await page.fill(`${box} input`, `${PORT}20261000000001`);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".record .on-screen [data-part=feedback] .table td:has-text('20261000000001')");
  assert.equal(await page.inputValue(`${box} input`), "");
  // The window begins with the slot.
  assert.ok(await page.isDisabled(".record .on-screen [data-part=feedback] .ant-btn-primary"));
  const lead = await page.textContent(".record .on-screen [data-part=feedback] .limits");
  assert.ok(lead.includes(`${SATURDAY} 10:00:00`) && lead.includes("23:59:59"), lead);
  // The act has its other label in the block of the explanation (AC-123), which opens with the slot as well.
  assert.ok(await page.isDisabled(".record .on-screen [data-part=explanation] .ant-btn-primary:has-text('预约申报')"));
});

await check("Alt+P prints the application with its receipts", page, async () => {
  await page.evaluate(() => {
    globalThis.printed = 0;
    window.print = () => (globalThis.printed += 1);
  });
  await page.keyboard.press("Alt+p");
  assert.equal(await page.evaluate(() => globalThis.printed), 1);
  await page.emulateMedia({ media: "print" });
  for (const text of ["请按时到场", "李敏", "发票.pdf"]) await page.waitForSelector(`.record > .print-only >> text=${text}`);
  assert.ok(!(await page.isVisible(".record .on-screen")));
  await page.emulateMedia({ media: "screen" });
});

await check("it is cancelled with a reason, which is part of what is signed, and waits for customs", page, async () => {
  await page.click(".record .actions .ant-btn:has-text('取消预约')");
  await page.waitForSelector(".sign textarea");
  await page.keyboard.type("船期推迟");
  await page.click(".sign .ant-btn-primary");
  await page.waitForSelector(".sign dd:has-text('船期推迟')");
  await page.fill(".pin-form input", told.pin);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".record .actions:has-text('已申请取消')");
  await decide(told, "appointments", number, "confirm-cancellation");
  await page.waitForSelector(".record .status:has-text('已取消')");
});

await check("Alt+C copies it without slot and files; the copy is saved without being complete", page, async () => {
  await page.keyboard.press("Alt+c");
  await page.waitForURL(/\/appointment\/new\//);
  await holds(page, "contact_name", "李敏");
  await holds(page, "slot_start", "");
  await page.waitForSelector(".entry .table td:has-text('车厘子')");
  await page.waitForFunction(() => document.querySelector(".page:not([hidden]) .entry [data-field='consignee.name'] input")?.value !== "");
  await page.keyboard.press("Alt+s");
  await page.waitForURL(/\/appointment\/YTG\d{15}\/edit$/);
  assert.equal(await page.locator(".page:not([hidden]) .files tbody tr").count(), 0);
  // What a submission needs is told in the places where it is missing.
  await page.click(".page:not([hidden]) .entry .actions .ant-btn:has-text('提交')");
  await page.waitForSelector(".page:not([hidden]) .entry [data-field=slot_start] .fault");
  await page.waitForSelector(".page:not([hidden]) .entry .summary:has-text('预约通关时间')");
});

await check("the list shows both; with one that is no draft nothing is deleted, and the draft alone is", page, async () => {
  await page.click("nav.side [role=menuitem]:has-text('预约通关查询')");
  await page.click(".page:not([hidden]) .bar [aria-label=刷新]");
  await page.waitForFunction(() => document.querySelectorAll(".page:not([hidden]) .results tbody tr").length === 2);
  await page.check(".page:not([hidden]) .results thead input");
  await page.click(".page:not([hidden]) .bar .ant-btn:has-text('删除')");
  await page.click(".ant-modal-confirm .ant-btn-dangerous");
  await page.waitForSelector(`.ant-modal-confirm-error:has-text('${number}')`);
  page.faults.length = 0;
  await page.click(".ant-modal-confirm-error .ant-btn-primary");
  await page.waitForSelector(".ant-modal-confirm", { state: "detached" });
  assert.equal(await page.locator(".page:not([hidden]) .results tbody tr").count(), 2);
  await page.uncheck(`.page:not([hidden]) .results tbody tr:has-text('${number}') input`);
  await page.click(".page:not([hidden]) .bar .ant-btn:has-text('删除')");
  await page.click(".ant-modal-confirm .ant-btn-dangerous");
  await page.waitForFunction(() => document.querySelectorAll(".page:not([hidden]) .results tbody tr").length === 1);
  // The status opens the receipts below the list.
  await page.click(".page:not([hidden]) .results .status");
  await page.waitForSelector(".page:not([hidden]) .panel .table tbody tr:has-text('请按时到场')");
  await page.click(".page:not([hidden]) .panel .ant-btn:has-text('关闭')");
  await page.waitForSelector(".page:not([hidden]) .panel", { state: "detached" });
});

await check("the number opens the application in its tab; columns are chosen, the menu folds, other tabs close", page, async () => {
  await page.click(".page:not([hidden]) .results .link.digits");
  await page.waitForURL(new RegExp(`/appointment/${number}$`));
  await page.waitForSelector(`.tab-name[data-active=true]:has-text('预约申请'):has-text('${number.slice(-6)}')`);
  await page.click("nav.side [role=menuitem]:has-text('预约通关查询')");
  await page.click(".page:not([hidden]) .bar .ant-btn:has-text('显示列')");
  await page.click(".column-choice label:has-text('申请时间')");
  await page.waitForFunction(() => ![...document.querySelectorAll(".page:not([hidden]) .results th")].some((head) => head.textContent === "申请时间"));
  await page.click(".column-choice label:has-text('申请时间')");
  await page.waitForFunction(() => [...document.querySelectorAll(".page:not([hidden]) .results th")].some((head) => head.textContent === "申请时间"));
  await page.keyboard.press("Escape");
  await page.click(".fold");
  await page.waitForSelector(".shell[data-folded=true]");
  await page.click(".fold");
  await page.waitForSelector(".shell[data-folded=false]");
});

await check("the working hours of a port are found by day, working time only", page, async () => {
  await page.click("nav.side [role=menuitem]:has-text('口岸工作时间查询')");
  await page.waitForSelector(".page:not([hidden]) .table td:has-text('13:30')");
  const days = await page.locator(".page:not([hidden]) .table tbody td:nth-child(4)").allTextContents();
  assert.ok(days.length > 0 && !days.includes("星期六") && !days.includes("星期日"), days.join());
  await page.locator(".page:not([hidden]) .time-box input >> nth=0").fill(day(50));
  await page.locator(".page:not([hidden]) .time-box").nth(1).locator("input").first().fill(day(64));
  await page.keyboard.press("Enter");
  await page.waitForSelector(".page:not([hidden]) .ant-alert:has-text('请联系口岸或海关更新工作日历')");
});

await browser.close();
end();
