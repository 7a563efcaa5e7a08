// No keystroke is lost: node portal-lost.mjs '{"story", "url", "captcha", "centre", ...}', where the story is one of those at the end.

import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { assert, check, end } from "./check.mjs";
import { launch, launchMortal } from "./browser.mjs";
import { at, holds, logIn, open, put } from "./portal.mjs";
import { ask, box, byCard, hand, held, insert, kept, RECORD, shown, stored, typeBinding } from "./portal-hands.mjs";

const told = JSON.parse(process.argv[2]);
const isRecords = (url) => new URL(url).pathname === "/api/v1/smart-gate/records";

/** Logged in by password, at this path. */
async function enter(browser, path, prepare) {
  const page = await open(browser, told);
  await prepare?.(page);
  await page.goto(told.url + path);
  await logIn(page, told);
  return page;
}

/** The faults that a story expects: the browser notes each answer that is no success. */
const forgive = (page) => page.faults.splice(0);

async function crash() {
  const first = await launchMortal();
  const page = await enter(first.browser, "/smart-gate/new/new-crash");
  const { unified_no: number } = await stored(page, told);
  await check("a binding and half a line are typed, and the last field is left just before the browser dies", page, async () => {
    await typeBinding(page);
    await page.keyboard.press("Shift+Enter");
    await page.focus(box("row.object_id"));
    await put(page, "MGL25101300");
    // In a list of codes, and no entry yet.
    await page.focus(box("vehicle_pass_type"));
    await page.keyboard.press("Backspace");
    await page.keyboard.type("空进");
    await page.keyboard.press("Tab");
    await kept(page);
    const arrived = page.waitForResponse((answer) => answer.url().endsWith("/working-copies/smart_gate/new-crash") && answer.request().method() === "PUT" && answer.request().postData().includes("拔线前一刻"));
    await page.focus(box("remark"));
    await page.keyboard.press("End");
    await page.keyboard.type("，拔线前一刻");
    await page.keyboard.press("Tab");
    assert.equal((await arrived).status(), 204);
  });
  await check("so is a change of a stored record, up to the last second", page, async () => {
    await page.goto(`${told.url}/smart-gate/${number}/edit`);
    await at(page, "customs_code");
    await page.focus(box("remark"));
    await page.keyboard.type("改到一半");
    await kept(page);
    process.kill(first.process.pid, "SIGKILL");
    await new Promise((resolve) => first.process.once("exit", resolve));
  });

  const second = await launch();
  const again = await open(second, told, "/start");
  await check("another browser offers both after the log-in", again, async () => {
    await again.waitForSelector(".log-in-box");
    await byCard(again, told);
    await again.waitForSelector(`.start .card li:has-text("${number}")`);
    assert.equal(await again.locator(".start .card li:has-text('绑定新增')").count(), 1);
  });
  await check("the new binding is there as it was typed", again, async () => {
    await again.click(".start .card li:has-text('绑定新增') .link");
    await again.waitForSelector(".page:not([hidden]) .ant-alert:has-text('已恢复')");
    assert.ok((await held(again, "customs_code")).startsWith("0708 乌拉特"));
    const values = { medium_key: "蒙LK8216", vehicle_weight_kg: "8600", trailer_weight_kg: "6400", container_weight_kg: "0", remark: "长协煤，拔线前一刻", "row.object_id": "MGL25101300" };
    for (const [field, value] of Object.entries(values)) assert.equal(await held(again, field), value, field);
    assert.equal(await held(again, "vehicle_pass_type"), "空进");
    const row = await again.textContent(".page:not([hidden]) .entry .table tbody tr");
    for (const value of ["MGL2510130087", "0708251013017", "32500"]) assert.ok(row.includes(value), `${value} in ${row}`);
  });
  await check("over the stored record the person is asked, and gets what was typed", again, async () => {
    await again.goto(`${told.url}/smart-gate/${number}/edit`);
    await again.waitForSelector(".page:not([hidden]) .ant-alert:has-text('未保存的录入内容')");
    await again.keyboard.press("Enter");
    await again.waitForSelector(box("remark"));
    assert.equal(await held(again, "remark"), "改到一半长协煤");
    assert.equal((await shown(again, told, number)).remark, "长协煤", "at the centre nothing is changed yet");
    await again.keyboard.press("Alt+s");
    await again.waitForSelector(".ant-message:has-text('暂存成功')");
    assert.equal((await shown(again, told, number)).remark, "改到一半长协煤");
  });
  await second.close();
}

async function lapse() {
  const browser = await launch();
  const page = await enter(browser, "/smart-gate/new/new-lapse", (page) => page.clock.install());
  await check("two minutes before the end a dialog counts down, and one key stays", page, async () => {
    await at(page, "customs_code");
    await page.focus(box("remark"));
    await page.keyboard.type("久坐");
    await kept(page);
    await page.clock.fastForward("28:30");
    const timer = await page.waitForSelector(".ant-modal [role=timer]");
    const seconds = Number((await timer.textContent()).match(/\d+/)[0]);
    assert.ok(seconds > 60 && seconds <= 90, `${seconds} s are left`);
    await page.clock.fastForward("00:20");
    await page.waitForFunction((before) => Number(document.querySelector(".ant-modal [role=timer]").textContent.match(/\d+/)[0]) <= before - 20, seconds);
    await page.keyboard.press("Enter");
    await page.waitForSelector(".ant-modal [role=timer]", { state: "hidden" });
  });
  await check("a session that has ended takes no key away from whoever types", page, async () => {
    await page.focus(box("remark"));
    await page.keyboard.press("End");
    const { items } = await ask(page, told, "GET", "/api/v1/account/sessions");
    await ask(page, told, "DELETE", `/api/v1/account/sessions/${items.find((one) => one.this).id}`);
    const refused = page.waitForResponse((answer) => answer.url().includes("/working-copies/") && answer.status() === 401);
    // The dialog waits for a calm by this clock: it does not come before all is typed, however slow the machine.
    const stands = await page.evaluate(() => Date.now());
    await page.clock.setFixedTime(stands);
    await page.keyboard.type("甲");
    await refused;
    await page.waitForSelector(".lapse-note");
    for (const sign of "乙丙丁戊己庚辛") await page.keyboard.type(sign);
    await page.clock.setSystemTime(stands + 2000);
    await page.waitForSelector(".ant-modal #username");
    assert.equal(await held(page, "remark"), "久坐甲乙丙丁戊己庚辛");
    assert.equal(await page.inputValue("#username"), "");
    forgive(page);
  });
  await check("after the log-in the page goes on as it was, with the cursor where it was, and all of it is kept", page, async () => {
    await byCard(page, told);
    await page.waitForSelector(".ant-modal:has(#pin)", { state: "hidden" });
    await page.waitForFunction(() => document.activeElement?.closest("[data-field]")?.dataset.field === "remark");
    await page.keyboard.type("，续");
    assert.equal(await held(page, "remark"), "久坐甲乙丙丁戊己庚辛，续");
    await kept(page);
    const copy = await ask(page, told, "GET", "/api/v1/working-copies/smart_gate/new-lapse");
    assert.equal(copy.content.values.remark, "久坐甲乙丙丁戊己庚辛，续");
  });
  await check("what was typed while nobody was logged in is kept without another key", page, async () => {
    const { items } = await ask(page, told, "GET", "/api/v1/account/sessions");
    await ask(page, told, "DELETE", `/api/v1/account/sessions/${items.find((one) => one.this).id}`);
    await page.keyboard.type("末句");
    await page.waitForSelector(".ant-modal [role=tab]:has-text('卡介质')");
    forgive(page);
    await byCard(page, told);
    await page.waitForSelector(".ant-modal:has(#pin)", { state: "hidden" });
    await kept(page);
    assert.equal(await held(page, "remark"), "久坐甲乙丙丁戊己庚辛，续末句");
    const copy = await ask(page, told, "GET", "/api/v1/working-copies/smart_gate/new-lapse");
    assert.equal(copy.content.values.remark, "久坐甲乙丙丁戊己庚辛，续末句");
  });
  await browser.close();
}

async function longest() {
  const browser = await launch();
  const page = await enter(browser, "/smart-gate/new/new-longest", (page) => page.clock.install());
  const timer = (within) => page.waitForSelector(`${within} [role=timer]:has-text('12 小时')`);
  let typed = "全天";
  /** Somebody types, and it is kept at the centre: that is activity. */
  const type = async (more) => {
    const arrived = page.waitForResponse((answer) => answer.url().endsWith("/working-copies/smart_gate/new-longest") && answer.request().method() === "PUT");
    await page.keyboard.type(more);
    typed += more;
    await page.clock.fastForward(1500);
    await arrived;
  };
  await check("whoever works all day is warned two minutes before the twelve hours are over", page, async () => {
    await at(page, "customs_code");
    await page.focus(box("remark"));
    await page.keyboard.type(typed);
    for (let more = 0; more < 26; more += 1) {
      await page.clock.fastForward("27:00");
      await type("。");
    }
    assert.equal(await page.locator(".ant-modal [role=timer]:visible").count(), 0);
    // Whatever time the page itself has taken so far.
    const { ends_at } = await ask(page, told, "GET", "/api/v1/session");
    await page.clock.fastForward(Date.parse(ends_at) - 115_000 - (await page.evaluate(() => Date.now())));
    const seconds = Number((await (await timer(".ant-modal")).textContent()).match(/(\d+) 秒/)[1]);
    assert.ok(seconds > 30 && seconds <= 120, `${seconds} s are left`);
  });
  await check("put off, the countdown goes on beside the page, and one types on", page, async () => {
    await page.click(".ant-modal .ant-btn:has-text('稍后')");
    await timer(".lapse-note");
    await page.focus(box("remark"));
    await page.keyboard.press("End");
    await type("末句");
  });
  await check("at the end the page stays, what is typed meanwhile too, and after the log-in all of it is kept", page, async () => {
    await page.clock.fastForward("02:00");
    await page.waitForSelector(".ant-modal:has-text('本次登录已满 12 小时')");
    assert.equal(await held(page, "remark"), typed);
    forgive(page);
    await byCard(page, told);
    await page.waitForSelector(".ant-modal:has(#pin)", { state: "hidden" });
    await page.waitForFunction(() => document.activeElement?.closest("[data-field]")?.dataset.field === "remark");
    await type("，续");
    assert.equal(await held(page, "remark"), typed);
    const copy = await ask(page, told, "GET", "/api/v1/working-copies/smart_gate/new-longest");
    assert.equal(copy.content.values.remark, typed);
  });
  await check("the new session has its twelve hours before it", page, async () => {
    await page.clock.fastForward("05:00");
    assert.equal(await page.locator("[role=timer]:visible").count(), 0);
  });
  await browser.close();
}

async function card() {
  const browser = await launch();
  const page = await enter(browser, "/start");
  const numbers = [(await stored(page, told)).unified_no, (await stored(page, told, { ...RECORD, medium_key: "蒙LK8217" })).unified_no];
  await check("a card that is pulled while it signs declares nothing; in again, it signs the same", page, async () => {
    await page.goto(`${told.url}/smart-gate/${numbers[0]}/sign/declare`);
    await page.waitForSelector(".sign .content-view");
    await page.route("**/readers/R1/sign", async (route) => {
      await hand(told, "pull");
      await route.continue();
    });
    await page.fill(".pin-form input", told.pin);
    await page.keyboard.press("Enter");
    await page.waitForSelector(".pin-form [role=alert]:has-text('请正确连接电子口岸IC卡或Ikey')");
    forgive(page);
    assert.equal((await shown(page, told, numbers[0])).status, "SAVED");
    await page.unroute("**/readers/R1/sign");
    await insert(told, told.card);
    assert.ok((await page.textContent(".sign .content-view")).includes("蒙LK8216"));
    await page.fill(".pin-form input", told.pin);
    await page.keyboard.press("Enter");
    await page.waitForSelector(".record .status:not([data-tone=draft])");
  });
  await check("a session opened by card ends with the card; the page to sign stays", page, async () => {
    await page.click("header.top .ant-btn:has-text('退出')");
    await page.waitForSelector(".log-in-box");
    await byCard(page, told);
    await page.waitForSelector(".shell");
    await page.goto(`${told.url}/smart-gate/new/new-card`);
    await at(page, "customs_code");
    await page.focus(box("remark"));
    await page.keyboard.type("拔卡前");
    await page.goto(`${told.url}/smart-gate/${numbers[1]}/sign/declare`);
    await page.waitForSelector(".sign .content-view");
    // The page has to see the card before it can miss it.
    for (let seen = 0; seen < 2; seen += 1) await page.waitForResponse((answer) => answer.url().endsWith("/card/v1/readers"));
    await hand(told, "pull");
    await page.waitForSelector(".ant-modal:has-text('卡介质已拔出')");
    assert.ok((await page.textContent(".sign .content-view")).includes("蒙LK8217"));
    forgive(page);
  });
  await check("with the card in again the same page signs", page, async () => {
    await insert(told, told.card);
    await byCard(page, told);
    await page.waitForSelector(".ant-modal:has(#pin)", { state: "hidden" });
    await page.fill(".pin-form input[type=password]", told.pin);
    await page.keyboard.press("Enter");
    await page.waitForSelector(".record .status:not([data-tone=draft])");
    await page.goto(`${told.url}/smart-gate/new/new-card`);
    await page.waitForSelector(box("remark"));
    assert.equal(await held(page, "remark"), "拔卡前");
  });
  await browser.close();
}

async function conflict() {
  const browser = await launch();
  const page = await enter(browser, "/start");
  page.on("dialog", (dialog) => void dialog.accept());
  const { unified_no: number } = await stored(page, told);
  const address = `/api/v1/smart-gate/records/${number}`;
  /** Another window saves this. */
  const other = async (change) => {
    const { version } = await shown(page, told, number);
    await ask(page, told, "PUT", address, { ...RECORD, ...change, version });
  };
  const choice = (label, side) => `.ant-modal tr:has(th:has-text('${label}')) td:nth-child(${side === "mine" ? 2 : 3}) input`;
  await check("both sides stand side by side; what only the other has changed is offered as theirs", page, async () => {
    await page.goto(`${told.url}/smart-gate/${number}/edit`);
    await at(page, "customs_code");
    await page.fill(box("remark"), "我的备注");
    await page.fill(box("trailer_weight_kg"), "6500");
    await other({ remark: "他的备注", vehicle_weight_kg: 8700, lines: [...RECORD.lines, { ...RECORD.lines[0], object_id: "MGL2510130088" }] });
    await page.keyboard.press("Alt+s");
    await page.waitForSelector(".ant-modal:has-text('该记录已被他人更新')");
    forgive(page);
    const text = await page.textContent(".ant-modal");
    for (const part of ["我的备注", "他的备注", "8700", "6500", "MGL2510130088"]) assert.ok(text.includes(part), `${part} in ${text}`);
    assert.ok(await page.isChecked(choice("备注", "mine")));
    assert.ok(await page.isChecked(choice("挂车重量", "mine")));
    assert.ok(await page.isChecked(choice("车辆重量", "theirs")));
    assert.ok(await page.isChecked(choice("第 2 行 绑定对象 ID", "theirs")));
  });
  await check("field by field is chosen, and both have what they chose", page, async () => {
    await page.click(".ant-modal .ant-btn-primary");
    await page.waitForSelector(".ant-modal:has-text('该记录已被他人更新')", { state: "hidden" });
    assert.equal(await held(page, "vehicle_weight_kg"), "8700");
    await page.keyboard.press("Alt+s");
    await page.waitForSelector(".ant-message:has-text('暂存成功')");
    const now = await shown(page, told, number);
    assert.deepEqual([now.remark, now.vehicle_weight_kg, now.trailer_weight_kg, now.lines.map((line) => line.object_id)], ["我的备注", 8700, 6500, ["MGL2510130087", "MGL2510130088"]]);
  });
  await check("a copy that is older than the record is compared with it before it can overwrite it", page, async () => {
    await page.fill(box("container_weight_kg"), "2200");
    await kept(page);
    await other({ remark: "后来的备注", vehicle_weight_kg: 8700, trailer_weight_kg: 6500 });
    await page.reload();
    await page.waitForSelector(".page:not([hidden]) .ant-alert:has-text('未保存的录入内容')");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".ant-modal:has-text('该记录已被他人更新')");
    assert.ok(await page.isChecked(choice("集装箱重量", "mine")));
    assert.ok(await page.isChecked(choice("备注", "theirs")));
    await page.click(".ant-modal .ant-btn-primary");
    await page.waitForSelector(".ant-modal:has-text('该记录已被他人更新')", { state: "hidden" });
    await page.keyboard.press("Alt+s");
    await page.waitForSelector(".ant-message:has-text('暂存成功')");
    const now = await shown(page, told, number);
    assert.deepEqual([now.remark, now.container_weight_kg, now.lines.length], ["后来的备注", 2200, 1]);
  });
  await check("a record that somebody has deleted meanwhile: what was typed begins a new one", page, async () => {
    await page.fill(box("remark"), "仍在此处");
    const { version } = await shown(page, told, number);
    await ask(page, told, "DELETE", `${address}?version=${version}`);
    await page.keyboard.press("Alt+s");
    await page.waitForSelector(".page:not([hidden]) .ant-alert:has-text('已被他人删除')");
    forgive(page);
    await page.click(".page:not([hidden]) .ant-alert .ant-btn:has-text('转为新单据')");
    await page.waitForURL(/\/smart-gate\/new\//);
    await holds(page, "remark", "仍在此处");
    await page.keyboard.press("Alt+s");
    await page.waitForURL(/\/smart-gate\/\d{18}\/edit$/);
    const after = page.url().match(/\d{18}/)[0];
    assert.notEqual(after, number);
    assert.equal((await shown(page, told, after)).remark, "仍在此处");
    assert.deepEqual((await ask(page, told, "GET", "/api/v1/working-copies?manual=smart_gate")).items, [], "no copy is left over");
  });
  await browser.close();
}

async function away() {
  const browser = await launch();
  const page = await enter(browser, "/smart-gate/new/new-away");
  const { pid, program, args, log } = told.centre;
  let centre;
  process.on("exit", () => centre?.kill("SIGKILL"));
  await check("the centre goes away; one types on, and is told that it is not kept", page, async () => {
    await typeBinding(page);
    await kept(page);
    process.kill(pid, "SIGKILL");
    await page.focus(box("remark"));
    await page.keyboard.press("End");
    await page.keyboard.type("，中心不在时");
    await page.waitForSelector(".keeping[data-state=failed]");
    await page.keyboard.press("Alt+s");
    await page.waitForSelector(".page:not([hidden]) .ant-alert-error");
    assert.equal(await held(page, "remark"), "长协煤，中心不在时");
    forgive(page);
  });
  await check("it is back, and the copy arrives without another key", page, async () => {
    const out = openSync(log, "a");
    centre = spawn(program, args, { stdio: ["ignore", out, out] });
    await kept(page);
    forgive(page);
    const copy = await ask(page, told, "GET", "/api/v1/working-copies/smart_gate/new-away");
    assert.equal(copy.content.values.remark, "长协煤，中心不在时");
    assert.equal(copy.content.rows[0].object_id, "MGL2510130087");
  });
  await check("a save whose answer is lost, pressed again, makes one record", page, async () => {
    let lost = 0;
    await page.route(isRecords, async (route) => {
      if (route.request().method() !== "POST") return route.fallback();
      const answer = await route.fetch();
      assert.equal(answer.status(), 201);
      lost += 1;
      return route.abort("connectionreset");
    });
    await page.keyboard.press("Alt+s");
    await page.waitForSelector(".page:not([hidden]) .ant-alert-error:has-text('网络连接中断')");
    assert.equal(lost, 1);
    await page.unroute(isRecords);
    forgive(page);
    assert.equal((await ask(page, told, "GET", "/api/v1/smart-gate/records?page=1&page_size=10")).total, 1);
  });
  await check("a slow save stops nobody from typing, and takes none of it", page, async () => {
    await page.route(isRecords, async (route) => {
      if (route.request().method() !== "POST") return route.fallback();
      await page.keyboard.type("，慢");
      return route.fallback();
    });
    await page.focus(box("remark"));
    await page.keyboard.press("End");
    await page.keyboard.press("Alt+s");
    await page.waitForURL(/\/smart-gate\/\d{18}\/edit$/);
    await page.keyboard.type("也不丢");
    assert.equal(await held(page, "remark"), "长协煤，中心不在时，慢也不丢");
    const number = page.url().match(/\d{18}/)[0];
    const list = await ask(page, told, "GET", "/api/v1/smart-gate/records?page=1&page_size=10");
    assert.deepEqual(list.items.map((record) => record.unified_no), [number], "one record, not two");
    assert.equal((await shown(page, told, number)).remark, "长协煤，中心不在时");
    await kept(page);
    await page.unroute(isRecords);
    await page.keyboard.press("Alt+s");
    await page.waitForFunction(() => document.querySelector(".page:not([hidden]) .keeping") === null);
    assert.equal((await shown(page, told, number)).remark, "长协煤，中心不在时，慢也不丢");
    assert.deepEqual((await ask(page, told, "GET", "/api/v1/working-copies?manual=smart_gate")).items, [], "no copy is left over");
  });
  await browser.close();
}

await { crash, lapse, longest, card, conflict, away }[told.story]();
end();
process.exit(0);
