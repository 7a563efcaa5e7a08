// The panel with staged lanes, in every state: node stage.mjs PROGRAM, where PROGRAM is the built example `panel_stage`.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { accessible, assert, check, end, focused, tabTo } from "./check.mjs";
import { launch, open, SIZES } from "./browser.mjs";
import { releaseByKeyboard } from "./release.mjs";

const program = process.argv[2];
const acts = [];
let child, code;

/** A port outside the range from which the system serves others: after a kill it must still be free. */
const anyPort = () => 18_000 + Math.floor(Math.random() * 14_000);

/** Starts the stage, at the same place once it had one. */
async function start(listen) {
  for (let tries = 5; !listen && tries > 0; tries -= 1) {
    const started = await start(`127.0.0.1:${anyPort()}`).catch(() => undefined);
    if (started) return started;
  }
  child = spawn(program, [listen, "trouble"], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  return new Promise((resolve, reject) => {
    child.once("exit", () => reject(new Error("the stage ended")));
    lines.on("line", (line) => {
      const at = line.match(/^panel stage on (http:.*)$/);
      if (at) resolve(at[1]);
      else if (line.startsWith("code ")) code = line.slice(5);
      else acts.push(JSON.parse(line));
    });
  });
}
process.on("exit", () => child?.kill());

const url = await start();
const browser = await launch();

for (const size of ["desk", "phone"]) {
  for (const language of ["zh", "en"]) {
    for (const scheme of ["light", "dark"]) {
      const page = await open(browser, url, { size, language, scheme });
      const name = `${size}, ${language}, ${scheme}`;
      await check(`every state of the page is accessible: ${name}`, page, async () => {
        await page.waitForSelector("#passages table");
        await accessible(page, "the page");
        await page.click("#lane-OUT1 [data-act=release]");
        await page.click("#act-confirm");
        await page.waitForSelector("#act-errors li");
        assert.equal(await focused(page), "act-errors");
        await accessible(page, "the act with errors");
        await page.keyboard.press("Escape");
        await page.click("#lane-IN1 [data-act=correct]");
        await accessible(page, "the correction");
        await page.keyboard.press("Escape");
        await page.click("#passages tbody tr:nth-child(5) button");
        await page.waitForSelector("#detail .timeline");
        await accessible(page, "a passage");
        await page.keyboard.press("Escape");
        await page.click("#keys-open");
        await accessible(page, "the keys");
        await page.keyboard.press("Escape");
      });
      await check(`the page speaks one language: ${name}`, page, async () => {
        assert.equal(await page.getAttribute("html", "lang"), language === "zh" ? "zh-CN" : "en");
        const text = await page.evaluate(() => {
          const copy = document.body.cloneNode(true);
          for (const own of copy.querySelectorAll("#language, .value, .who, q, td.col_person, dialog")) own.remove();
          return copy.textContent;
        });
        // Plates in sentences are Chinese in both.
        const chinese = text.replaceAll("沪DM9028", "").match(/[\u4e00-\u9fff]+/g) ?? [];
        if (language === "en") assert.deepEqual(chinese, []);
        else assert.ok(chinese.length > 100);
      });
      await page.context().close();
    }
  }
}

const page = await open(browser, url, { language: "zh" });
await page.waitForSelector("#passages table");

await check("what needs a person is named with its cause and next action", page, async () => {
  const attention = await page.textContent("#attention");
  for (const words of ["与中心的连接中断", "慢 7 秒", "设备 uhf-out1 无应答", "检查读写器电源"]) assert.ok(attention.includes(words), `${words} in ${attention}`);
  assert.ok((await page.textContent("#lane-IN1 .next")).includes("关员：将车牌 沪DM9028 与车辆核对"));
  assert.ok((await page.textContent("#lane-OUT1 .compare")).includes("不一致"));
  assert.ok((await page.textContent("#gate")).includes("可离线时间"));
});

await check("a driver who is on hold is told to wait, not why", page, async () => {
  const driver = await page.textContent("#lane-IN2 .driver");
  assert.ok(driver.includes("请在原地等候") && !driver.includes("布控"), driver);
});

await check("the keyboard stays in a dialog, Escape closes it, and the focus returns", page, async () => {
  await page.focus("#lane-IN1 [data-act=release]");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#act[open]");
  for (let step = 0; step < 25; step += 1) {
    await page.keyboard.press(step % 3 ? "Tab" : "Shift+Tab");
    assert.ok(await page.evaluate(() => document.querySelector("#act").contains(document.activeElement)), "the focus left the dialog");
  }
  await page.keyboard.press("Escape");
  assert.equal(await focused(page), "release");
});

await check("errors are told on top and at the field, and lead there", page, async () => {
  await page.click("#lane-IN1 [data-act=release]");
  await page.fill("#act-reason", "好");
  await page.click("#act-confirm");
  assert.equal(await page.getAttribute("#act-reason", "aria-invalid"), "true");
  assert.ok(await page.isVisible("#act-reason-error"));
  await page.click("#act-errors a");
  assert.equal(await focused(page), "act-reason");
  assert.equal(acts.length, 0);
  await page.keyboard.press("Escape");
});

await check("a wrong PIN is refused, the field is emptied, and nothing happens", page, async () => {
  await page.click("#lane-IN1 [data-act=release]");
  await page.selectOption("#act-preset", { index: 1 });
  assert.ok((await page.inputValue("#act-reason")).length > 5);
  await page.fill("#act-person", "zhang");
  await page.fill("#act-pin", "111222");
  // The browser itself notes the status of the refusal.
  const before = page.faults.length;
  await page.click("#act-confirm");
  await page.waitForSelector("#act-pin-error:not([hidden])");
  assert.ok((await page.textContent("#act-errors")).includes("人员或口令错误"));
  assert.equal(await page.inputValue("#act-pin"), "");
  assert.equal(await page.inputValue("#act-person"), "zhang");
  const noted = page.faults.splice(before);
  assert.ok(noted.length === 1 && noted[0].includes("403"), noted.join());
  assert.equal(acts.length, 0);
  await page.keyboard.press("Escape");
  // PINs go with the dialog: its end is an event, a moment after the key.
  await page.waitForFunction(() => document.querySelectorAll("#act input").length === 0, { timeout: 5_000 });
});

await check("a person corrects a plate", page, async () => {
  await page.click("#lane-IN1 [data-act=correct]");
  assert.equal(await page.inputValue("#act-kind"), "VN", "what differs is offered first");
  await page.fill("#act-value", "沪D·M9026");
  await page.fill("#act-reason", "识别错误，按实物更正");
  await page.fill("#act-person", "li");
  await page.fill("#act-pin", "904716");
  await page.click("#act-confirm");
  await page.waitForSelector("#act:not([open])", { state: "attached" });
  assert.deepEqual([acts.at(-1).act, acts.at(-1).person], ["correct", "li"]);
});

await check("a person chooses one of the offered trips", page, async () => {
  await page.click("#lane-OUT2 .offered li:nth-child(2) > button");
  await page.fill("#act-reason", "按司机出示的单证选择");
  await page.fill("#act-person", "zhang");
  await page.fill("#act-pin", "482017");
  await page.click("#act-confirm");
  await page.waitForSelector("#act:not([open])", { state: "attached" });
  assert.deepEqual([acts.at(-1).lane, acts.at(-1).act], ["OUT2", "choose"]);
});

await check("a release by keyboard alone, in Chinese", page, async () => {
  await releaseByKeyboard(page, { lane: "IN1", number: 1, person: "zhang", pin: "482017", reason: "系统核对无误", done: "已执行" });
  assert.deepEqual([acts.at(-1).lane, acts.at(-1).act, acts.at(-1).reason], ["IN1", "release", "系统核对无误"]);
  await page.waitForFunction(() => document.querySelector("#lane-IN1").dataset.tone === "idle");
  await page.waitForFunction(() => document.querySelector("#passages tbody tr").textContent.includes("zhang"));
});

await check("a release by two persons, by keyboard alone, in English", page, async () => {
  await page.keyboard.press("Alt+l");
  await page.waitForFunction(() => document.documentElement.lang === "en");
  const two = { lane: "OUT1", number: 2, person: "zhang", pin: "482017", second: { person: "wang", pin: "730195" } };
  await releaseByKeyboard(page, { ...two, reason: "Weighed again by hand", done: "Done" });
  assert.deepEqual([acts.at(-1).act, acts.at(-1).person, acts.at(-1).second], ["release", "zhang", "wang"]);
});

await check("a slip in a code is told at its field, also on a phone, and what is not asked for is not sent", page, async () => {
  await page.setViewportSize(SIZES.phone);
  await page.click("#lane-IN2 [data-act=release]");
  await page.selectOption("#act-way", "code");
  assert.ok(await page.isHidden("#act-second-pin"));
  await page.fill("#act-reason", "The line is down");
  await page.fill("#act-person", "zhang");
  await page.fill("#act-pin", "482017");
  await page.click("#act-confirm");
  assert.ok((await page.textContent("#act-errors")).includes("Type the release code"));
  const before = page.faults.length;
  await page.fill("#act-code", "K7M2-4RTX");
  await page.click("#act-confirm");
  await page.waitForSelector("#act-code-error:not([hidden])");
  assert.ok((await page.textContent("#act-code-error")).includes("sign by sign"));
  assert.equal(page.faults.splice(before).length, 1, "the browser notes the status");
  await accessible(page, "a release by a code");
  await page.selectOption("#act-way", "person");
  assert.ok(await page.isHidden("#act-code"));
  await page.keyboard.press("Escape");
  await page.setViewportSize(SIZES.desk);
});

await check("a release by a code in place of the second person, by keyboard alone; the passage tells whose it was", page, async () => {
  const by = { lane: "IN2", number: 4, person: "zhang", pin: "482017", code, reason: "The line is down" };
  await releaseByKeyboard(page, { ...by, done: "Done" });
  const id = code.slice(0, 3);
  assert.deepEqual([acts.at(-1).act, acts.at(-1).second, acts.at(-1).code], ["release", "wang", id]);
  await page.waitForFunction(() => document.querySelector("#passages tbody tr").textContent.includes("IN2"));
  await page.click("#passages tbody tr:first-child button");
  await page.waitForSelector("#detail .timeline");
  assert.ok((await page.textContent("#detail .timeline")).includes(`zhang + wang (release code ${id})`));
  await page.keyboard.press("Escape");
});

await check("the language is remembered", page, async () => {
  await page.reload();
  await page.waitForSelector(".lane .pill");
  assert.equal(await page.getAttribute("html", "lang"), "en");
});

await check("of several trips a person must say which", page, async () => {
  await page.click("#lane-OUT2 [data-act=release]");
  await page.click("#act-confirm");
  assert.ok((await page.textContent("#act-errors")).includes("Choose a trip"));
  await page.keyboard.press("Escape");
});

await check("a dialog for a vehicle that has gone says so and does nothing", page, async () => {
  await page.click("#lane-OUT2 [data-act=release]");
  const other = await open(browser, url, { language: "en" });
  await releaseByKeyboard(other, { lane: "OUT2", number: 3, choose: 2, person: "zhang", pin: "482017", reason: "Papers agree", done: "Done" });
  assert.ok(acts.at(-1).trip.endsWith("125"), "the trip that was chosen");
  await other.context().close();
  await page.waitForFunction(() => document.querySelector("#act-errors").textContent.includes("Another vehicle"));
  assert.ok(await page.isDisabled("#act-confirm"));
  await page.keyboard.press("Escape");
});

await check("a number is looked up", page, async () => {
  await page.keyboard.press("Alt+q");
  await page.keyboard.type("e280-1160-6000-0200-0000-0123");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#found article");
  assert.ok((await page.textContent("#found")).includes("MGL2510130080"));
  await page.fill("#lookup-q", "沪Z00000");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector("#found").textContent.includes("沪Z00000"));
});

await check("earlier passages are fetched", page, async () => {
  const count = () => page.locator("#passages tbody tr").count();
  const before = await count();
  await page.click("#passages-more");
  await page.waitForFunction((before) => document.querySelectorAll("#passages tbody tr").length > before, before);
});

await check("a lane is closed and opened by hand", page, async () => {
  for (const [act, tone] of [["close_lane", "off"], ["open_lane", "idle"]]) {
    await page.click(`#lane-IN3 [data-act=${act}]`);
    await page.fill("#act-reason", "Maintenance");
    await page.fill("#act-person", "li");
    await page.fill("#act-pin", "904716");
    await page.click("#act-confirm");
    await page.waitForFunction((tone) => document.querySelector("#lane-IN3").dataset.tone === tone, tone);
    const told = await page.textContent("#lane-IN3");
    assert.equal(told.includes("Maintenance"), act === "close_lane", told);
  }
});

await check("a broken line is said at once, and comes back by itself", page, async () => {
  const before = page.faults.length;
  child.removeAllListeners("exit");
  child.kill("SIGKILL");
  await page.waitForSelector("#line:not([hidden])");
  assert.ok((await page.textContent("#line")).includes("No line to the gate agent"));
  await start(new URL(url).host);
  await page.waitForSelector("#line", { state: "hidden", timeout: 30_000 });
  page.faults.splice(before); // The browser notes each try.
});

await check("the first stop of the keyboard leads past the head", page, async () => {
  const fresh = await open(browser, url);
  await tabTo(fresh, "a", 3);
  await fresh.keyboard.press("Enter");
  assert.equal(await focused(fresh), "lanes");
});

await browser.close();
end();
process.exit(0);
