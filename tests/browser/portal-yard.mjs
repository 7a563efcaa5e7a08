// An operator's screen while lorries come: node portal-yard.mjs '{"centre", "control", "operator", "declarant", "passes", "stranger", ...}'

import { accessible, assert, check, end } from "./check.mjs";
import { launch } from "./browser.mjs";
import { line, order } from "./line.mjs";
import { open } from "./portal.mjs";

const told = JSON.parse(process.argv[2]);
const way = await line(told.centre);
const browser = await launch();
const at = { url: way.url };
const page = await open(browser, at, "/yard", { token: told.operator });
const card = (lane) => `.gate[data-gate="${told.gate}"] .lane-card[data-lane="${lane}"]`;
const says = (page, place, text) => page.waitForFunction(([place, text]) => document.querySelector(place)?.textContent.includes(text), [place, text]);
/** A vehicle comes; waits until it is through or gone. */
async function drive(vehicle) {
  const { vehicle: number } = await order(told.control, vehicle);
  return async () => (await order(told.control, { do: "wait", vehicle: number, timeout_ms: 120_000 })).end;
}
let passage;

await check("the lanes of the own gate are there, live, and idle", page, async () => {
  await page.waitForSelector('.yard[data-line="live"]');
  await says(page, card("IN1"), "空闲");
  await says(page, card("OUT1"), "空闲");
  assert.ok((await page.textContent(card("OUT1"))).includes("离场通道"));
  assert.ok((await page.textContent(`.gate[data-gate="${told.gate}"] h3`)).includes(told.yard));
  await says(page, ".line-mark", "实时更新");
});

await check("the gate tells how it is: its version, index, journal, clock and disk", page, async () => {
  const row = `.gate-health tr[data-gate="${told.gate}"]`;
  await says(page, row, "正常");
  const text = await page.textContent(row);
  for (const part of ["与中心核对", "秒前", "GB", "0.1.0"]) assert.ok(text.includes(part), `${part} in ${text}`);
});

await check("a lorry comes: its card follows it to the verdict and to the end, without a reload", page, async () => {
  await page.evaluate(() => { window.isTheSame = true; });
  const ended = await drive(told.passes);
  await page.waitForSelector(`${card("IN1")}[data-verdict="Y"]`);
  await says(page, card("IN1"), told.epc);
  assert.equal(await ended(), "passed");
  await says(page, card("IN1"), "已通过");
  await says(page, card("IN1"), "空闲");
  await says(page, card("IN1"), "放行");
  await says(page, ".yard .passages tbody tr", told.epc);
  assert.ok(await page.evaluate(() => window.isTheSame));
});

await check("a stranger is refused, and the card says why", page, async () => {
  const ended = await drive(told.stranger);
  await page.waitForSelector(`${card("OUT1")}[data-verdict="N"]`);
  await says(page, card("OUT1"), "未查询到有效绑定信息");
  await ended();
  await says(page, card("OUT1"), "上一车");
});

/** What an administrator is told of the reader, in this language. */
async function administrator(language, parts) {
  const root = await open(browser, at, "/admin/alerts", { token: told.admin, language });
  const row = root.locator(".subject .table tbody tr", { hasText: "OUT1-uhf" }).first();
  await row.waitFor();
  const text = await row.textContent();
  for (const part of parts) assert.ok(text.includes(part), `${part} in ${text}`);
  assert.ok(!text.includes("device_fault"), text);
  await accessible(root, `alerts, ${language}`);
  assert.deepEqual(root.faults, []);
  await root.context().close();
}

await check("a reader that falls silent stands on its lane's card, and is an alert, told in both languages, that the operator acknowledges", page, async () => {
  await order(told.control, { do: "fault", device: "OUT1-uhf", what: { kind: "silence" } });
  await says(page, card("OUT1"), "设备故障：OUT1-uhf");
  await says(page, ".yard-alerts", "设备故障");
  await order(told.control, { do: "fault_off", device: "OUT1-uhf" });
  await page.waitForFunction((card) => !document.querySelector(card).textContent.includes("设备故障"), card("OUT1"));
  await says(page, ".yard-alerts", "OUT1-uhf 无法工作：");
  const row = ".yard-alerts li:has-text('设备故障')";
  await administrator("zh", ["设备故障", "请通知维护人员", "OUT1-uhf 无法工作："]);
  await administrator("en", ["A device is out of order", "Call the technician", "OUT1-uhf does not work: "]);
  const alert = await page.getAttribute(row, "data-alert");
  await page.click(`${row} .ant-btn`);
  await page.waitForSelector(row, { state: "detached" });
  // Who comes later is not told of it again.
  await page.reload();
  await page.waitForSelector('.yard[data-line="live"]');
  assert.equal(await page.locator(`[data-alert="${alert}"]`).count(), 0);
});

await check("the live page is accessible", page, () => accessible(page, "yard"));

await check("the passage is replayed step by step, with the keyboard, from the arrival to the way through", page, async () => {
  await page.click(`.yard .passages tr:has-text("${told.epc}") .link`);
  await page.waitForSelector(".replay .step");
  passage = new URL(page.url()).pathname;
  const kinds = await page.locator(".steps .step").allTextContents();
  assert.ok(kinds[0].includes("抵达"), kinds.join());
  assert.equal(await page.getAttribute(".step-view", "data-event"), "ARRIVAL");
  assert.equal(await page.getAttribute(".lane-scene", "data-arm"), "down");
  const seen = [];
  let wasUp = false;
  for (let step = 0; step < kinds.length; step += 1) {
    await says(page, ".replay-keys [role=status]", `第 ${step + 1} 步，共 ${kinds.length} 步`);
    seen.push(await page.getAttribute(".step-view", "data-event"));
    wasUp ||= (await page.getAttribute(".lane-scene", "data-arm")) === "up";
    await page.keyboard.press("ArrowRight");
  }
  for (const kind of ["ARRIVAL", "MATCH", "RAISE_INTENT", "RAISE_OUTCOME", "PASS"]) assert.ok(seen.includes(kind), seen.join());
  assert.ok(seen.indexOf("MATCH") < seen.indexOf("RAISE_INTENT") && seen.indexOf("RAISE_INTENT") < seen.indexOf("RAISE_OUTCOME"), seen.join());
  assert.ok(wasUp, "the arm never rises");
  assert.equal(await page.getAttribute(".lane-scene", "data-place"), "beyond");
  await page.keyboard.press("Home");
  await page.click(".replay-keys .ant-btn:has-text('下一步')");
  await says(page, ".replay-keys [role=status]", "第 2 步");
  await page.click(".steps .step:has-text('匹配')");
  const step = await page.textContent(".step-view");
  for (const part of [told.trip, told.epc, "放行", "电子车牌"]) assert.ok(step.includes(part), `${part} in ${step}`);
  await accessible(page, "replay");
});

await check("passages are found by medium, by verdict and by trip", page, async () => {
  await page.click("nav.side [role=menuitem]:has-text('过卡查询')");
  await page.waitForSelector(".yard-passages .passages tbody tr");
  const rows = () => page.locator(".yard-passages .passages tbody tr").count();
  assert.equal(await rows(), 2);
  await page.fill(".yard-passages [data-field=medium_key] input", ` ${told.epc.toLowerCase()} `);
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelectorAll(".yard-passages .passages tbody tr").length === 1);
  assert.ok((await page.textContent(".yard-passages .passages tbody tr")).includes(told.epc));
  await page.goto(`${way.url}/yard/passages?verdict=N`);
  await page.waitForFunction(() => document.querySelectorAll(".yard-passages .passages tbody tr").length === 1);
  assert.ok((await page.textContent(".yard-passages .passages tbody tr")).includes("未查询到有效绑定信息"));
  await page.goto(`${way.url}/yard/passages?trip_no=${told.trip}`);
  await page.waitForFunction((epc) => document.querySelector(".yard-passages .passages tbody tr")?.textContent.includes(epc), told.epc);
  await accessible(page, "passages");
});

await check("the line to the centre is cut: the page says so, and shows afterwards what it missed", page, async () => {
  await page.goto(`${way.url}/yard`);
  await page.waitForSelector('.yard[data-line="live"]');
  way.cut();
  await page.waitForSelector('.yard[data-line="lost"]');
  await says(page, ".yard .ant-alert", "实时连接中断");
  assert.ok(await page.isVisible(card("OUT1")), "what was known stays");
  assert.equal(await (await drive(told.leaves))(), "passed");
  await page.waitForSelector(`${card("OUT1")}[data-verdict="N"]`);
  way.mend();
  await page.waitForSelector('.yard[data-line="live"]');
  await page.waitForSelector(`${card("OUT1")}[data-verdict="Y"]`);
  await says(page, card("OUT1"), told.epc);
  assert.equal(await page.locator(".yard > .ant-alert").count(), 0);
  // That nobody answered is what was tried.
  page.faults = page.faults.filter((fault) => !/ERR_(CONNECTION|EMPTY|SOCKET|INCOMPLETE|NETWORK)/.test(fault));
});

await check("a gate that is silent is marked with what was last known of it, and no longer once it is heard", page, async () => {
  const gate = `.gate[data-gate="${told.gate}"]`;
  process.kill(told.agent, "SIGSTOP");
  try {
    await page.waitForSelector(`${gate}[data-stale]`, { timeout: 240_000 });
    await says(page, `${gate} .stale`, "无消息");
    await says(page, card("OUT1"), told.epc);
    assert.equal(await page.getAttribute(".yard", "data-line"), "live", "the line to the centre is another matter");
  } finally {
    process.kill(told.agent, "SIGCONT");
  }
  await page.waitForSelector(`${gate}:not([data-stale])`);
});

const record = await open(browser, at, `/smart-gate/${told.record}`, { token: told.declarant });
await check("the declarant's record tells of the lane, up to the way out of the port", record, async () => {
  await record.waitForSelector(".record .content-view");
  await record.click(".record [role=tab]:has-text('回执')");
  await record.waitForFunction((gate) => {
    const rows = [...document.querySelectorAll(".record .table tbody tr")].map((row) => row.textContent);
    const wanted = [["已锁定", "IN1"], ["已办结", "OUT1"], ["已口岸离场", "OUT1"]];
    return wanted.every((parts) => rows.some((row) => [...parts, "卡口", gate, "放行"].every((part) => row.includes(part))));
  }, told.gate);
});

await check("an officer of the customs area sees the same gate", record, async () => {
  const officer = await open(browser, at, passage, { token: told.officer });
  await officer.waitForSelector(".replay .step");
  await officer.click(".replay .ant-btn:has-text('绑定记录')");
  await officer.waitForSelector(".record .content-view");
  assert.equal(new URL(officer.url()).pathname, `/smart-gate/${told.record}`);
  assert.deepEqual(officer.faults, []);
  await officer.context().close();
});

const phone = await open(browser, at, "/yard", { token: told.operator, size: "phone", language: "en", scheme: "dark" });
await check("on a phone, in English: live cards, and a passage step by step", phone, async () => {
  await phone.waitForSelector('.yard[data-line="live"]');
  await says(phone, card("OUT1"), "Pass");
  await says(phone, card("OUT1"), told.epc);
  await accessible(phone, "yard, phone");
  await phone.click(`${card("IN1")} .link`);
  await phone.waitForSelector(".replay .step");
  await phone.click(".replay-keys .ant-btn:has-text('Next')");
  await says(phone, ".replay-keys [role=status]", "Step 2");
  await accessible(phone, "replay, phone");
  const text = await phone.evaluate(() => document.querySelector(".replay").textContent);
  assert.ok(!/[\u4e00-\u9fff]/.test(text.replace(/\{[^]*\}/, "")), text);
});

await browser.close();
way.close();
end();
