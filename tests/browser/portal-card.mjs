// A log-in by card, and what becomes of it when the card is pulled: node portal-card.mjs '{"url", "pin", "card", ...}'

import { assert, check, end } from "./check.mjs";
import { launch } from "./browser.mjs";
import { open } from "./portal.mjs";

const told = JSON.parse(process.argv[2]);
const browser = await launch();
const page = await open(browser, told, "/");
const hand = async (does, body) => {
  const answer = await fetch(`${told.card_service}/card/v1/readers/R1/${does}`, { method: "POST", headers: { origin: told.url, "content-type": "application/json" }, body: JSON.stringify(body) });
  assert.equal(answer.status, 204);
};
const byCard = async () => {
  await page.click(".log-in-page [role=tab]:has-text('卡介质'), .ant-modal [role=tab]:has-text('卡介质')");
  await page.waitForSelector(`.card-state:has-text("${told.card}")`);
  await page.fill("#pin", told.pin);
  await page.click("form:has(#pin) [type=submit]");
};

await check("a card and its PIN open the session of its account", page, async () => {
  await byCard();
  await page.waitForSelector(`header.top:has-text("${told.username}")`);
});

await check("pulling the card ends the session; the page stays, and goes on after the next log-in", page, async () => {
  await page.click("nav.side [role=menuitem]:has-text('新增')");
  await page.waitForSelector("[data-field=remark] textarea");
  await page.fill("[data-field=remark] textarea", "拔卡之前输入");
  // The page has to see the card once before it can miss it.
  await page.waitForResponse((answer) => answer.url().endsWith("/card/v1/readers"));
  await page.waitForResponse((answer) => answer.url().endsWith("/card/v1/readers"));
  await hand("pull", {});
  await page.waitForSelector(".ant-modal:has-text('卡介质已拔出')");
  page.faults.length = 0;
  await hand("insert", { card_no: told.card });
  await byCard();
  await page.waitForSelector(".ant-modal:has-text('卡介质已拔出')", { state: "hidden" });
  assert.equal(await page.inputValue("[data-field=remark] textarea"), "拔卡之前输入");
});

await browser.close();
end();
