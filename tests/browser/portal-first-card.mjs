// An officer's first card: node portal-first-card.mjs '{"url", "messages", "officer", "officer_card", ...}'

import { accessible, check, end } from "./check.mjs";
import { launch } from "./browser.mjs";
import { open } from "./portal.mjs";
import { byPin, codeTo, fill, refused, send } from "./persons.mjs";

const told = JSON.parse(process.argv[2]);
const browser = await launch();
const page = await open(browser, told, "/");

const byCard = async () => {
  await page.click(".log-in-page [role=tab]:has-text('卡介质')");
  await page.waitForSelector(`.card-state:has-text("${told.officer_card}")`);
  await page.fill("#pin", told.pin);
  await page.click("form:has(#pin) [type=submit]");
};

await check("a card that is bound to nobody opens nothing", page, async () => {
  await byCard();
  await page.waitForSelector(".ant-alert:has-text('未绑定账号')");
  refused(page);
});

await check("a code to the registered mobile and the PIN bind the officer's first card", page, async () => {
  await page.click(".log-in-links a:has-text('关员首次绑卡')");
  await fill(page, { username: told.officer });
  await accessible(page, "first card");
  await send(page);
  await page.waitForSelector("[data-field=code]");
  const code = await codeTo(told, "13816004321");
  await fill(page, { code: code === "000000" ? "000001" : "000000" });
  await send(page);
  await byPin(page, told, told.officer_card);
  await page.waitForSelector(".pin-form .ant-alert:has-text('验证码错误')");
  refused(page);
  await page.click("button:has-text('重新输入验证码')");
  await fill(page, { code });
  await send(page);
  await byPin(page, told, told.officer_card);
  await page.waitForSelector(`.ant-alert-success:has-text("${told.officer_card}")`);
});

await check("the card opens the session, and the officer's desk", page, async () => {
  await page.click("a:has-text('返回登录')");
  await byCard();
  await page.waitForSelector(`header.top:has-text("${told.officer}")`);
  await page.waitForSelector("nav.side [role=menuitem]:has-text('待办审核')");
});

await browser.close();
end();
