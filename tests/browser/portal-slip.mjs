// The papers of a record: node portal-slip.mjs '{"url", "token", "approved", "draft", "papers"}'; what is printed lies in the folder `papers`.

import { writeFileSync } from "node:fs";
import { accessible, assert, check, end } from "./check.mjs";
import { launch } from "./browser.mjs";
import { open } from "./portal.mjs";

const told = JSON.parse(process.argv[2]);
const browser = await launch();

/** Chooses a sheet; the address of the tab that opens, and what is at that address. */
async function paper(page, sheet) {
  await page.click("[data-act=papers]");
  const opened = page.context().waitForEvent("page");
  await page.click(`.ant-dropdown:not(.ant-dropdown-hidden) [role=menuitem]:has-text("${sheet}")`);
  const tab = await opened;
  await tab.waitForURL(/slip\.pdf/).catch(() => {});
  const link = await page.getAttribute(".printed a", "href");
  await tab.close();
  const bytes = await page.evaluate(async (address) => {
    const answer = await fetch(address);
    return { type: answer.headers.get("content-type"), bytes: [...new Uint8Array(await answer.arrayBuffer())] };
  }, link);
  assert.equal(bytes.type, "application/pdf");
  return { link, bytes: Buffer.from(bytes.bytes) };
}

const keep = (name, bytes) => writeFileSync(`${told.papers}/${name}.pdf`, bytes);

const page = await open(browser, told, `/smart-gate/${told.approved}`, { token: told.token });

await check("an approved record has its slip on A5 and on the roll", page, async () => {
  await page.waitForSelector(".record .content-view");
  for (const [sheet, name] of [["A5", "a5"], ["80 mm", "80mm"]]) {
    const { link, bytes } = await paper(page, sheet);
    assert.ok(link.endsWith(`/${told.approved}/slip.pdf?paper=${name}`), link);
    keep(`approved-${name}`, bytes);
  }
});

await check("the page with its papers is accessible", page, async () => {
  await accessible(page, "record with papers");
});

await check("the record itself is printed with its receipts, dark screen or not", page, async () => {
  await page.evaluate(() => document.documentElement.setAttribute("data-dark", "true"));
  await page.waitForSelector(".record > .print-only .table tbody tr", { state: "attached" });
  keep("record", await page.pdf({ preferCSSPageSize: true }));
});

const draft = await open(browser, told, `/smart-gate/${told.draft}`, { token: told.token });

await check("a draft has a slip to look at, and is printed as a draft", draft, async () => {
  await draft.waitForSelector(".record .content-view");
  keep("draft-a5", (await paper(draft, "A5")).bytes);
  keep("draft-record", await draft.pdf({ preferCSSPageSize: true }));
});

const refused = await open(browser, told, undefined, { token: told.token, language: "en" });

await check("why there is no paper is told on the page", refused, async () => {
  const body = { status: 503, code: "PO_UPSTREAM_UNAVAILABLE", message: "没有中文字体", message_en: "no font with Chinese", fields: [] };
  await refused.route("**/slip.pdf*", (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify(body) }));
  await refused.goto(`${told.url}/smart-gate/${told.approved}`);
  await refused.waitForSelector(".record .content-view");
  await refused.click("[data-act=papers]");
  await refused.click(".ant-dropdown:not(.ant-dropdown-hidden) [role=menuitem]:has-text('A5')");
  await refused.waitForFunction(() => document.querySelector(".record [role=alert]")?.textContent.includes("no font with Chinese"));
  assert.equal(refused.context().pages().length, 1, "no tab opens without a paper");
  refused.faults.length = 0;
});

await browser.close();
end();
