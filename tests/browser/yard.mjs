// One release in a whole yard: node yard.mjs '{"url", "lane", "number", "language", "person", "pin", "reason"}'
// The lorry already stands there; who started this drives it, and looks into journal and centre afterwards.

import { accessible, assert, check, end } from "./check.mjs";
import { launch, open, SIZES } from "./browser.mjs";
import { releaseByKeyboard } from "./release.mjs";

const told = JSON.parse(process.argv[2]);
const WORDS = { zh: { held: "等待处理", done: "已执行" }, en: { held: "Waits for you", done: "Done" } }[told.language];

const browser = await launch();
const page = await open(browser, told.url, { language: told.language });
const card = `#lane-${told.lane}`;

await check("the lane waits for a person, and says why and what is next", page, async () => {
  await page.waitForFunction(([card, held]) => document.querySelector(`${card} .pill`).textContent.includes(held), [card, WORDS.held]);
  assert.equal(await page.textContent(`${card} .judged .verdict b`), "M");
  assert.ok((await page.textContent(`${card} .next`)).length > 8);
  assert.ok(await page.isVisible(`${card} .compare`));
});

for (const [name, size] of Object.entries(SIZES)) {
  await check(`the page is accessible on a ${name}`, page, async () => {
    await page.setViewportSize(size);
    await accessible(page, name);
  });
}
await page.setViewportSize(SIZES.desk);

await check("a person releases it with the keyboard alone", page, async () => {
  await releaseByKeyboard(page, { ...told, done: WORDS.done });
});

await check("the lane is free again, and the passage stands among the last ones with its person", page, async () => {
  await page.waitForFunction((card) => document.querySelector(card).dataset.tone === "idle", card);
  await page.waitForFunction((person) => document.querySelector("#passages tbody tr")?.textContent.includes(person), told.person);
});

await browser.close();
end();
