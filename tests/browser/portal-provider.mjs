// Log-in by another provider, from the first time to a second identity: node portal-provider.mjs '{"url", "issuer", "captcha", ...}'

import { accessible, assert, check, end } from "./check.mjs";
import { launch } from "./browser.mjs";
import { refused } from "./persons.mjs";
import { open } from "./portal.mjs";
import { provider } from "./provider.mjs";

const told = JSON.parse(process.argv[2]);
const other = await provider(told.issuer);
const browser = await launch();
const page = await open(browser, told, "/smart-gate");
const button = (id) => `[data-provider=${id}]`;

/** To the provider, and back with what the person chooses there. */
const visit = async (id, choice) => {
  await page.click(button(id));
  await page.waitForSelector(`#${choice}`);
  await page.click(`#${choice}`);
};
const logOut = async () => {
  await page.click("header.top .ant-btn:has-text('退出')");
  await page.waitForSelector(`.log-in-box ${button("wechat")}`);
};

await check("the log-in page offers the providers that the centre has, in their own names", page, async () => {
  await page.waitForSelector(".captcha img");
  await page.waitForSelector(`.more-ways ${button("alipay")}`);
  assert.deepEqual(await page.locator(".more-ways button").allInnerTexts(), ["微信", "支付宝"]);
  assert.ok((await page.textContent(".more-ways")).includes("第三方快捷登录"));
  await accessible(page, "log-in with providers");
});

await check("whoever cancels there is told so, and begins again", page, async () => {
  await visit("wechat", "deny");
  await page.waitForSelector(".log-in-box [role=alert]:has-text('您已在第三方平台取消')");
  assert.ok((await page.textContent(".log-in-box h2")).includes("微信"));
  await accessible(page, "cancelled");
  await page.click(".log-in-box .ant-btn:has-text('重新开始')");
  await page.waitForSelector(`.log-in-box ${button("wechat")}`);
  assert.equal(new URL(page.url()).pathname, "/smart-gate");
});

await check("an identity that is nobody's is linked by one log-in by password, which leads where the visitor wanted to be", page, async () => {
  await page.route("**/api/v1/captchas", (route) => route.fulfill({ status: 201, json: told.captcha }));
  await visit("wechat", "agree");
  await page.waitForSelector(".log-in-box [role=status]:has-text('尚未关联平台账号')");
  await page.waitForSelector(".captcha img");
  await accessible(page, "an identity that is nobody's");
  await page.fill("#username", told.username);
  await page.fill("#password", told.password);
  await page.fill("#captcha", told.captcha_text);
  await page.check("#agreed");
  await page.click("form:has(#captcha) [type=submit]");
  await page.waitForSelector(".shell .query");
  assert.equal(new URL(page.url()).pathname, "/smart-gate");
  await page.unroute("**/api/v1/captchas");
});

await check("from then on the provider alone opens the session", page, async () => {
  await logOut();
  await visit("wechat", "agree");
  await page.waitForSelector(`header.top .who:has-text("${told.username}")`);
  const { login, ends_at } = await page.evaluate(async () => (await fetch("/api/v1/session")).json());
  assert.equal(login, "third_party");
  assert.ok(Date.parse(ends_at) - Date.now() > 11 * 3_600_000, ends_at);
});

await check("a second identity is linked from the account; one that is linked already is refused there, and the session goes on", page, async () => {
  const rows = page.locator(".account .table tbody tr");
  await page.click("nav.side [role=menuitem]:has-text('账号与安全')");
  await page.click(".account .parts .link:has-text('第三方账号关联')");
  await rows.first().waitFor();
  assert.equal(await rows.count(), 1);
  await visit("alipay", "agree");
  await page.waitForSelector(".ant-message:has-text('关联成功')");
  await page.waitForSelector(".account .table td:has-text('支付宝')");
  assert.equal(await rows.count(), 2);
  await visit("alipay", "agree");
  await page.waitForSelector(".log-in-box [role=alert]:has-text('一个第三方账号只能关联一个账号')");
  refused(page);
  await page.click(".log-in-box .ant-btn:has-text('返回账号与安全')");
  await rows.nth(1).waitFor();
  assert.equal(await page.locator(".lapse-note").count(), 0);
});

await check("a token of another log-in opens nothing, and neither does one that has come twice", page, async () => {
  await logOut();
  other.next.foreignNonce = true;
  await visit("wechat", "agree");
  await page.waitForSelector(".log-in-box [role=alert]:has-text('第三方登录失败')");
  refused(page);
  other.next.foreignNonce = false;
  const used = page.url();
  await page.goto(used);
  await page.waitForSelector(".log-in-box [role=alert]:has-text('第三方登录失败')");
  assert.equal(await page.evaluate(async () => (await fetch("/api/v1/session")).status), 401);
  refused(page);
});

await check("a stranger's words in the address are not shown as the platform's", page, async () => {
  await page.goto(`${told.url}/login/third-party?error=Call%20this%20number`);
  await page.waitForSelector(".log-in-box [role=alert]:has-text('登录信息不完整')");
  assert.ok(!(await page.textContent("body")).includes("Call this number"));
});

await browser.close();
other.close();
end();
