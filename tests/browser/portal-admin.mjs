// What administrators keep: node portal-admin.mjs '{"url", "admin_token", "hq_token", "officer_token", "username", ...}'

import { accessible, assert, check, end } from "./check.mjs";
import { launch } from "./browser.mjs";
import { certifiedGates, YARD } from "./gate-identities.mjs";
import { open } from "./portal.mjs";
import { fill, refused, send } from "./persons.mjs";

const told = JSON.parse(process.argv[2]);
const browser = await launch();
const page = await open(browser, told, "/start", { token: told.admin_token });
const shot = (page, name) => page.screenshot({ path: `${process.env.PICTURES ?? "."}/admin-${name}.png`, fullPage: true });
const menu = (page) => page.locator("nav.side [role=menuitem]").allTextContents();
const goTo = async (path, ready = ".subject .table") => {
  await page.goto(told.url + path);
  await page.waitForSelector(ready);
};
const rowOf = (text) => page.locator(`.page:not([hidden]) .subject .table tbody tr:has-text("${text}")`);
const act = (text, label) => rowOf(text).locator(`button:has-text("${label}")`).click();
const begin = (label) => page.click(`.page:not([hidden]) .subject .bar button:has-text("${label}")`);
const sent = async () => {
  await send(page);
  await page.waitForSelector(".plain-form", { state: "hidden" });
};
const confirm = () => page.click(".ant-modal-confirm .ant-modal-confirm-btns .ant-btn:not(:first-child)");

await check("the menu shows what an administrator keeps", page, async () => {
  await page.waitForSelector("nav.side [role=menuitem]:has-text('操作日志')");
  const shown = await menu(page);
  for (const title of ["用户", "企业备案", "卡介质", "证书吊销", "接口密钥", "参数表", "口岸工作日历", "场所", "通道", "卡口证书", "报关单数据", "提运单数据", "公告管理", "卡口状态", "异常"]) assert.ok(shown.includes(title), `${title} in ${shown}`);
  for (const title of ["免到场受理范围", "企业操作员", "待办审核"]) assert.ok(!shown.includes(title), title);
});

await check("a port gets a calendar, a day off and the year's holidays; who changed it is told", page, async () => {
  await goTo("/admin/calendars");
  await begin("新增");
  await fill(page, { port: "0708", working_day: "08:30-12:00 13:30-17:00", published_from: "2026-01-01", published_until: "2026-12-31" });
  await sent();
  await act("0708", "打开");
  await page.waitForSelector(".page:not([hidden]) .subject .table .none");
  await begin("新增日期");
  await fill(page, { day: "2026-07-01" });
  await sent();
  await rowOf("2026-07-01").first().waitFor();
  await begin("新增日期");
  await fill(page, { day: "2026-07-04", kind: "特定时段", hours: "9-12" });
  await send(page);
  await page.waitForSelector("[data-field=hours] .fault");
  await fill(page, { hours: "09:00-12:00" });
  await sent();
  await rowOf("2026-07-04").locator("td:has-text('09:00-12:00')").waitFor();
  await begin("导入年度节假日");
  await fill(page, { year: "2026" });
  await sent();
  await rowOf("2026-10-01").first().waitFor();
  assert.ok((await page.textContent(".page:not([hidden]) .subject section")).includes("root"));
  await shot(page, "calendar");
  await act("2026-07-04", "删除");
  await confirm();
  await rowOf("2026-07-04").waitFor({ state: "detached" });
});

await check("a code is added, shown with its days, and retired; a list is refused with its rows", page, async () => {
  await goTo("/admin/tables");
  await act("customs_office", "打开");
  await page.waitForSelector(".page:not([hidden]) .subject .table tbody .link");
  await begin("新增代码");
  await fill(page, { code: "0799", name: "测试海关", name_en: "Test customs", valid_from: "2026-01-01" });
  await sent();
  await fill(page, { q: "0799" }, ".page:not([hidden]) .conditions");
  await page.keyboard.press("Enter");
  await rowOf("测试海关").locator("td:has-text('2026-01-01')").waitFor();
  await act("测试海关", "停用");
  await fill(page, { valid_to: "2026-12-31" });
  await sent();
  await rowOf("测试海关").locator("td:has-text('2026-12-31')").waitFor();
  await begin("导入");
  await fill(page, { csv: "code,name_zh\n0798," });
  await send(page);
  await page.waitForSelector(".plain-form .summary");
  await shot(page, "import");
  refused(page);
  await page.keyboard.press("Escape");
  await page.click(".ant-modal-confirm button:has-text('放弃')");
});

await check("an announcement is drafted, published and withdrawn with a reason", page, async () => {
  await goTo("/admin/announcements");
  await begin("新增");
  await fill(page, { title: "节假日通关安排", body: "国庆节期间预约通关安排如下。" });
  await sent();
  await act("节假日通关安排", "发布");
  await confirm();
  await rowOf("节假日通关安排").locator("td:has-text('已发布')").waitFor();
  const visitor = await (await fetch(`${told.url}/api/v1/public/announcements`)).json();
  assert.equal(visitor.items[0].title, "节假日通关安排");
  await act("节假日通关安排", "撤回");
  await fill(page, { reason: "内容有误" });
  await sent();
  await rowOf("节假日通关安排").locator("td:has-text('已撤回')").waitFor();
});

await check("an officer's account is made, corrected, disabled with a reason and enabled", page, async () => {
  await goTo("/admin/users");
  await begin("新增");
  await fill(page, { role: "海关", username: "officer_zhao", mobile: "13816009900" });
  await send(page);
  await page.waitForSelector("[data-field=customs_codes] .fault");
  await fill(page, { customs_codes: ["0708"] });
  await sent();
  await act("officer_zhao", "修改");
  await fill(page, { person_name: "赵关" });
  await sent();
  await rowOf("officer_zhao").locator("td:has-text('赵关')").waitFor();
  await act("officer_zhao", "停用");
  await fill(page, { reason: "调离" });
  await sent();
  await rowOf("officer_zhao").locator("td:has-text('已停用')").waitFor();
  await act("officer_zhao", "启用");
  await confirm();
  await rowOf("officer_zhao").locator("td:has-text('正常')").waitFor();
  await shot(page, "users");
});

await check("a name that was guessed at is found among the locked ones and freed", page, async () => {
  await fill(page, { locked: "已锁定" }, ".page:not([hidden]) .conditions");
  await page.click(".page:not([hidden]) .conditions [type=submit]");
  // The list of everybody has the row, too, until the answer comes.
  await page.waitForFunction(() => document.querySelectorAll(".page:not([hidden]) .subject .table tbody tr").length === 1);
  await rowOf(told.username).waitFor();
  await act(told.username, "登录记录");
  await page.waitForSelector(".ant-modal .table td:has-text('用户名密码')");
  await page.keyboard.press("Escape");
  await page.waitForSelector(".ant-modal .table", { state: "hidden" });
  await act(told.username, "解除锁定");
  await confirm();
  await page.waitForSelector(".page:not([hidden]) .subject .table .none");
});

await check("cards, yards and facts are listed and changed", page, async () => {
  await goTo("/admin/cards");
  await rowOf(told.card).locator(`td:has-text("${told.username}")`).waitFor();
  await goTo("/admin/yards");
  await act("CNEHX070801", "参数设置");
  await page.waitForSelector("[data-field=weight_tolerance_pct] input");
  await fill(page, { weight_tolerance_pct: "3.5" });
  await sent();
  await rowOf("CNEHX070801").locator("td:has-text('3.5')").waitFor();
  await act("CNEHX070801", "通道");
  await page.waitForSelector(".page:not([hidden]) .subject .bar button:has-text('新增')");
  await begin("新增");
  await fill(page, { gate_id: "0708-G02", lane_id: "OUT1", lane_direction: "出", outermost: true });
  await sent();
  await rowOf("OUT1").locator("td:has-text('600')").waitFor();
  await goTo("/admin/declarations");
  await begin("新增");
  await fill(page, { number: "070820261000000001", ie_flag: "进口", consignee: "1507962233", released: true });
  await sent();
  await rowOf("070820261000000001").waitFor();
  await act("070820261000000001", "删除");
  await confirm();
  await page.waitForSelector(".page:not([hidden]) .subject .table .none");
});

const gatesPage = async () => {
  await goTo("/admin/gate-identities", ".subject .table tbody .link");
  await page.waitForFunction(() => !document.querySelector(".page:not([hidden]) .ant-btn-loading"));
};

await check("a centre that certifies no gates says so, lists the planned ones and offers no code", page, async () => {
  await gatesPage();
  assert.ok((await page.textContent(".page:not([hidden]) .subject .ant-alert")).includes("gates.listen"));
  assert.ok((await rowOf("0708-G02").textContent()).includes("无证书"));
  assert.equal(await page.locator(".page:not([hidden]) .subject button:has-text('注册码')").count(), 0);
});

const gates = await certifiedGates(page);

await check("the gates stand with what waits on top, and are found by state; one shows all that it has had", page, async () => {
  await gatesPage();
  const shown = await page.locator(".page:not([hidden]) .subject section, .page:not([hidden]) .subject .table tbody tr").allTextContents();
  const order = ["0708-G04", "0708-G03", "0708-G01", "0708-G02", "0708-G05"];
  order.forEach((gate, place) => assert.ok(shown[place].includes(gate), `${gate} in ${shown[place]}`));
  for (const [place, words] of [[0, "待批准"], [0, "已过期 3天"], [1, "即将到期"], [2, "有效"], [3, "无证书"], [4, "已吊销"]]) assert.ok(shown[place].includes(words), `${words} in ${shown[place]}`);
  assert.ok(shown.at(-1).includes(gates.authority));
  await shot(page, "gates");
  await act("0708-G01", "查看");
  await page.waitForSelector(".ant-modal .table td:has-text('注册码 7Q2XK9')");
  assert.equal(await page.locator(".ant-modal .table tbody tr").count(), 2);
  await accessible(page, "the certificates of a gate");
  await page.keyboard.press("Escape");
  await fill(page, { state: "即将到期" }, ".page:not([hidden]) .conditions");
  await page.click(".page:not([hidden]) .conditions [type=submit]");
  await rowOf("0708-G04").waitFor({ state: "detached" });
  assert.equal(await rowOf("0708-G03").count(), 1);
});

await check("a late renewal is approved for the key that was in sight, and for no other", page, async () => {
  await gatesPage();
  await act("0708-G04", "批准更新");
  await page.waitForSelector(`.ant-modal-confirm .facts:has-text("${gates.keys.first}")`);
  await accessible(page, "the question whether to approve");
  const listed = page.waitForResponse(/\/gate-identities$/);
  await confirm();
  await page.click(".ant-modal-confirm-error .ant-btn");
  refused(page);
  // The list is there anew without anybody having asked for it.
  await listed;
  await page.waitForFunction(() => !document.querySelector(".page:not([hidden]) .ant-btn-loading"));
  await act("0708-G04", "批准更新");
  await page.waitForSelector(`.ant-modal-confirm .facts:has-text("${gates.keys.then}")`);
  await confirm();
  await rowOf("0708-G04").locator("td:has-text('已批准')").waitFor();
  assert.equal(await rowOf("0708-G04").locator("button:has-text('更新')").count(), 0);
  assert.deepEqual(gates.asked.map(({ body }) => body.key_hash), [gates.keys.first, gates.keys.then]);
});

await check("a code is made from the keyboard, shown this once with the line for the gate, and copied", page, async () => {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await rowOf("0708-G02").locator("button:has-text('发放注册码')").focus();
  await page.keyboard.press("Enter");
  await page.waitForSelector(".ant-modal-confirm");
  await page.waitForFunction(() => document.activeElement?.textContent === "取消");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".ant-modal .made-code");
  const told = await page.textContent(".made-code");
  const code = `7Q2XK-M4T9D-0ZJ8R-W3VN1.${gates.authority}`;
  for (const part of ["0708-G02", YARD, "1天内", code, `gate-agent enrol --code ${code}`]) assert.ok(told.includes(part), `${part} in ${told}`);
  assert.deepEqual(gates.asked.at(-1), { act: "enrolment-codes", gate_id: "0708-G02", body: { yard_id: YARD } });
  await accessible(page, "the code");
  await shot(page, "gate-code");
  // The keyboard is in the dialog, where the first button copies the code and the second one the line.
  await page.waitForFunction(() => document.activeElement?.closest(".ant-modal-wrap, .ant-modal"));
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForFunction((code) => navigator.clipboard.readText().then((text) => text === code), code);
  await page.click(".made-code button[aria-label='复制 注册命令']");
  await page.waitForFunction((line) => navigator.clipboard.readText().then((text) => text === line), `gate-agent enrol --code ${code}`);
  await page.keyboard.press("Escape");
  assert.ok(await page.isVisible(".made-code"), "Escape has thrown the code away");
  await page.click(".ant-modal-footer .ant-btn");
  await page.waitForSelector(".made-code", { state: "detached" });
  assert.ok(!(await page.content()).includes(code), "the code is still in the page");
});

await check("a new gate gets a code; a gate is revoked by its own number and a reason", page, async () => {
  await begin("发放注册码");
  await send(page);
  await page.waitForSelector("[data-field=yard_id] .fault");
  await fill(page, { gate_id: "0708-G09", yard_id: YARD });
  await send(page);
  await page.waitForSelector(".made-code .facts:has-text('0708-G09')");
  await page.click(".ant-modal-footer .ant-btn");
  await page.waitForSelector(".made-code", { state: "detached" });
  await act("0708-G01", "吊销");
  await fill(page, { gate_id: "0708-G03", reason: "设备失窃" });
  await send(page);
  await page.waitForSelector("[data-field=gate_id] .fault");
  await fill(page, { gate_id: "0708-G01" });
  await sent();
  await rowOf("0708-G01").locator("td:has-text('已吊销')").waitFor();
  assert.deepEqual(gates.asked.at(-1), { act: "revocation", gate_id: "0708-G01", body: { reason: "设备失窃" } });
  await act("0708-G02", "吊销");
  await fill(page, { gate_id: "0708-G02", reason: "注册码外泄" });
  await send(page);
  await page.waitForSelector(".plain-form .summary:has-text('没有可吊销的')");
  refused(page);
  await page.keyboard.press("Escape");
  await page.click(".ant-modal-confirm button:has-text('放弃')");
});

await check("the log tells what was done, by whom and to which account", page, async () => {
  await goTo("/admin/audit");
  await fill(page, { actor: "root", action: "disable" }, ".page:not([hidden]) .conditions");
  await page.click(".page:not([hidden]) .conditions [type=submit]");
  await rowOf("disable").first().waitFor();
  await rowOf("disable").first().locator("button:has-text('详情')").click();
  await page.waitForSelector(".ant-modal .json:has-text('调离')");
  await shot(page, "audit");
  await page.keyboard.press("Escape");
});

await check("every list in English on a phone", page, async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.click("header.top button:has-text('English')");
  for (const path of ["enterprises", "cards", "revocations", "keys", "calendar-days?port=0708", "lanes", "gate-identities", "declarations", "bills", "gates", "alerts"]) {
    await goTo(`/admin/${path}`);
    await accessible(page, `${path} on a phone`);
  }
  await goTo("/admin/gate-identities", ".subject .table tbody .link");
  await act("0708-G03", "Enrolment code");
  await confirm();
  await page.waitForSelector(".made-code");
  await accessible(page, "the code on a phone");
  await shot(page, "gate-code-phone");
  await page.click(".ant-modal-footer .ant-btn");
  await goTo("/admin/users", ".subject .table td:has-text('active')");
  await accessible(page, "users on a phone");
  await begin("New");
  await page.waitForSelector(".ant-modal .plain-form");
  await accessible(page, "the form on a phone");
  await shot(page, "users-phone");
});

await check("headquarters keeps the scopes of exemptions, and is shown no accounts", page, async () => {
  const hq = await open(browser, told, "/admin/scopes", { token: told.hq_token });
  await hq.click(".subject .bar button:has-text('新增')");
  await fill(hq, { doc_type: "报关单", customs_code: "0708", valid_from: "2026-01-01" });
  await send(hq);
  await hq.waitForSelector(".subject .table td:has-text('2026-01-01')");
  assert.ok(!(await menu(hq)).includes("用户"));
  await hq.goto(`${told.url}/admin/users`);
  await hq.waitForSelector(".ant-result-404");
  assert.deepEqual(hq.faults, []);
});

await check("an officer keeps the calendar of the own port, and nothing of the platform", page, async () => {
  const officer = await open(browser, told, "/admin/calendars", { token: told.officer_token });
  await officer.waitForSelector(".subject .table td:has-text('0708')");
  const shown = await menu(officer);
  for (const title of ["口岸工作日历", "卡口状态", "异常"]) assert.ok(shown.includes(title), title);
  for (const title of ["用户", "操作日志", "公告管理", "接口密钥"]) assert.ok(!shown.includes(title), title);
  for (const path of ["/admin/audit", "/admin/keys", "/members"]) {
    await officer.goto(told.url + path);
    await officer.waitForSelector(".ant-result-404");
  }
  assert.deepEqual(officer.faults, []);
});

await browser.close();
end();
