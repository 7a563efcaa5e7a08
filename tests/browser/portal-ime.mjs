// Chinese by an input method, as the browser's own protocol composes it: node portal-ime.mjs '{"url", "captcha", ...}'

import { assert, check, end } from "./check.mjs";
import { launch } from "./browser.mjs";
import { at, logIn, open } from "./portal.mjs";
import { box, held } from "./portal-hands.mjs";

const told = JSON.parse(process.argv[2]);
const browser = await launch();
const page = await open(browser, told);
await page.goto(`${told.url}/smart-gate/new/new-ime`);
await logIn(page, told);
const cdp = await page.context().newCDPSession(page);
const writes = [];
page.on("request", (request) => request.method() !== "GET" && !request.url().includes("/working-copies/") && writes.push(request.url()));

/** What stands under the cursor while the input method asks which signs are meant. */
const compose = (text) => cdp.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
const commit = (text) => cdp.send("Input.insertText", { text });
/** Enter as a browser sends it while an input method has it: code 229. */
async function enterOfInputMethod() {
  const key = { code: "Enter", key: "Enter", windowsVirtualKeyCode: 229, nativeVirtualKeyCode: 229 };
  await cdp.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...key });
  await cdp.send("Input.dispatchKeyEvent", { type: "keyUp", ...key });
}
const place = () => page.evaluate(() => document.activeElement?.closest("[data-field]")?.dataset.field);

await check("in a text box Enter takes the signs and nothing else, also just after", page, async () => {
  await at(page, "customs_code");
  await page.focus(box("remark"));
  await compose("chang");
  assert.equal(await held(page, "remark"), "chang");
  await enterOfInputMethod();
  assert.equal(await place(), "remark");
  await commit("长协");
  await enterOfInputMethod();
  assert.equal(await place(), "remark");
  assert.equal(await held(page, "remark"), "长协");
  // An Enter of one's own, a moment later, walks on.
  await page.waitForTimeout(200);
  await page.keyboard.press("Enter");
  await at(page, "row.direction");
});

await check("in the last field of a row it stores no row", page, async () => {
  await page.focus(box("row.remark"));
  await compose("zhong");
  await enterOfInputMethod();
  await commit("重箱");
  await enterOfInputMethod();
  assert.equal(await held(page, "row.remark"), "重箱");
  assert.equal(await page.locator(".entry .table tbody .link").count(), 0);
  assert.equal(await page.locator(".summary").count(), 0, "nor are faults told of a row that nobody stored");
});

await check("Alt+S under a composition saves nothing", page, async () => {
  await page.focus(box("remark"));
  await page.keyboard.press("End");
  await compose("mei");
  const key = { code: "KeyS", key: "s", modifiers: 1, windowsVirtualKeyCode: 83 };
  await cdp.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...key });
  await cdp.send("Input.dispatchKeyEvent", { type: "keyUp", ...key });
  await commit("煤");
  assert.equal(await held(page, "remark"), "长协煤");
  assert.deepEqual(writes, []);
  assert.equal(await page.locator(".summary").count(), 0);
});

await check("in a code field the list follows what is composed, and Enter takes signs, not an entry", page, async () => {
  await page.focus(box("customs_code"));
  await compose("wulate");
  await enterOfInputMethod();
  assert.equal(await held(page, "customs_code"), "wulate");
  await commit("乌拉特");
  await enterOfInputMethod();
  assert.equal(await held(page, "customs_code"), "乌拉特");
  await page.waitForSelector(".entry [data-field=customs_code] [role=option][aria-selected=true]:has-text('乌拉特')");
  await page.waitForTimeout(200);
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector(".entry [data-field=customs_code] input").value.startsWith("0708 "));
  await at(page, "customs_code");
});

await check("what is composed is kept like what is typed", page, async () => {
  await page.waitForSelector(".keeping[data-state=kept]");
  const copy = await (await page.request.get(`${told.url}/api/v1/working-copies/smart_gate/new-ime`)).json();
  assert.deepEqual([copy.content.values.remark, copy.content.values.customs_code, copy.content.row.remark], ["长协煤", "0708", "重箱"]);
});

await check("in a condition Enter of the input method does not query", page, async () => {
  await page.goto(`${told.url}/smart-gate?page=1&page_size=10`);
  await page.waitForSelector(".query .results");
  const before = page.url();
  await page.focus(".conditions [data-field=medium_key] input");
  await compose("meng");
  await enterOfInputMethod();
  await commit("蒙L");
  await enterOfInputMethod();
  assert.equal(page.url(), before);
  await page.waitForTimeout(200);
  await page.keyboard.press("Enter");
  await page.waitForURL(/medium_key=/);
});

await browser.close();
end();
