// Pictures for the README, in both languages: node portal-pictures.mjs '{"url", "token", "officer_token", "draft", "pictures"}'

import { assert, check, end } from "./check.mjs";
import { launch } from "./browser.mjs";
import { open } from "./portal.mjs";

const told = JSON.parse(process.argv[2]);
const browser = await launch();
const SIZE = { width: 1200, height: 720 };

/** Days and times of day differ from run to run; a picture in the repository must not. */
const still = (page) =>
  page.evaluate(() => {
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const node = walk.currentNode;
      node.data = node.data
        .replace(/20\d\d-\d\d-\d\d \d\d:\d\d:\d\d/g, "2026-11-20 08:30:00")
        .replace(/20\d\d-\d\d-\d\dT[\d:.]+Z/g, "2026-11-20T00:30:00.000Z")
        .replace(/20\d\d-\d\d-\d\d(?! 08:30:00|T00)/g, "2026-11-20")
        .replace(/"nonce":"[^"]*"/g, '"nonce":"…"');
    }
  });

async function picture(page, name) {
  // Nothing spins, nothing blinks.
  await page.waitForFunction(() => !document.querySelector(".ant-spin-spinning, .ant-btn-loading"));
  await page.evaluate(() => document.activeElement?.blur());
  await page.mouse.move(1, 700);
  await page.waitForTimeout(400);
  await still(page);
  await page.screenshot({ path: `${told.pictures}/${name}.png`, animations: "disabled", caret: "hide" });
}

for (const language of ["en", "zh"]) {
  const page = await open(browser, told, undefined, { token: told.token, language });
  await page.setViewportSize(SIZE);
  await check(`the query in ${language}`, page, async () => {
    await page.goto(`${told.url}/smart-gate`);
    await page.waitForSelector(".query .results .link");
    assert.ok((await page.locator(".query .results tbody tr").count()) >= 5);
    await picture(page, `query.${language}`);
  });
  await check(`check and sign in ${language}`, page, async () => {
    await page.goto(`${told.url}/smart-gate/${told.draft}/sign/declare`);
    await page.waitForSelector(".sign .content-view");
    await page.waitForSelector(".pin-form input");
    await picture(page, `sign.${language}`);
  });
  const officer = await open(browser, told, undefined, { token: told.officer_token, language });
  await officer.setViewportSize(SIZE);
  await check(`the desk in ${language}`, officer, async () => {
    await officer.goto(`${told.url}/desk`);
    await officer.click(".work-item >> nth=0");
    await officer.waitForSelector(".work-record .content-view");
    await picture(officer, `desk.${language}`);
  });
}
await browser.close();
end();
