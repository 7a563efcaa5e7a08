// How long the pages take until somebody can work with them, and what they weigh on the line: node portal-figures.mjs '{"url", "captcha", ...}'
// Times are told, not judged: this machine is not a user's. Beside each stands what a page without anything takes in the same run.

import { createServer } from "node:http";
import { assert, check, end } from "./check.mjs";
import { launch } from "./browser.mjs";
import { logIn, open } from "./portal.mjs";
import { stored } from "./portal-hands.mjs";

const FIRST_KB = 500;
const FURTHER_KB = 100;
const TARGET_MS = 2000;
const told = JSON.parse(process.argv[2]);
const browser = await launch();
const plain = createServer((_, answer) => answer.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>x</title><input autofocus>"));
await new Promise((listening) => plain.listen(0, "127.0.0.1", listening));
const floorAt = `http://127.0.0.1:${plain.address().port}/`;

/** Bytes on the line of what the pages are made of, since the last time. */
async function weigh(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Network.enable");
  const assets = new Set();
  let bytes = 0;
  let brotli = true;
  cdp.on("Network.responseReceived", ({ requestId, response }) => {
    if (!response.url.startsWith(`${told.url}/assets/`) || response.fromDiskCache) return;
    assets.add(requestId);
    brotli &&= Object.entries(response.headers).some(([name, value]) => name.toLowerCase() === "content-encoding" && value === "br");
  });
  cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (assets.has(requestId)) bytes += encodedDataLength;
  });
  return () => {
    const now = { kb: bytes / 1000, brotli };
    bytes = 0;
    return now;
  };
}

/** From the address to the moment in which `ready` is there and the page hears a key. */
async function untilReady(page, url, ready) {
  const begin = performance.now();
  await page.goto(url, { waitUntil: "commit" });
  await page.waitForSelector(ready);
  await page.evaluate(() => new Promise((heard) => {
    window.addEventListener("keydown", heard, { once: true });
    window.dispatchEvent(new KeyboardEvent("keydown", { key: "Shift" }));
  }));
  return performance.now() - begin;
}

const page = await open(browser, told);
const weighed = await weigh(page);
const rows = [];
/** One page: its time beside the floor's, and its weight. */
async function measure(name, path, ready, most) {
  const ms = await untilReady(page, told.url + path, ready);
  await page.waitForLoadState("networkidle");
  const { kb, brotli } = weighed();
  const floor = await untilReady(bare, floorAt, "input");
  rows.push(`portal: ${name.padEnd(22)} ${ms.toFixed(0).padStart(5)} ms until interactive (target ${TARGET_MS}, an empty page ${floor.toFixed(0)}), ${kb.toFixed(1).padStart(6)} kB of ${most}`);
  assert.ok(kb <= most, `${name} weighs ${kb} kB of ${most}`);
  assert.ok(brotli, `${name} comes compressed`);
  return kb;
}
const bare = await open(browser, told);

await check("the first load is light", page, async () => {
  const kb = await measure("log-in", "/", ".log-in-box #username", FIRST_KB);
  assert.ok(kb > 50, "the pages were weighed at all");
  // The start page comes with the log-in, so that nothing is left to be fetched for it; check/budget.mjs weighs it as it is built.
  await logIn(page, told);
  await stored(page, told);
  weighed();
});

await check("each further page is light", page, async () => {
  await measure("start", "/start", ".start .card .ant-btn-primary", FURTHER_KB);
  await measure("query", "/smart-gate", ".query .results tbody .link", FURTHER_KB);
  await measure("entry", "/smart-gate/new/new-figures", ".entry [data-field=customs_code] input", FURTHER_KB);
});

console.log(rows.join("\n"));
await browser.close();
plain.close();
end();
