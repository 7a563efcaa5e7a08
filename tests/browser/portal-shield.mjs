// A mobile shield, from its application to log-ins of a phone and of a screen: node portal-shield.mjs '{"url", "captcha", ...}'

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accessible, assert, check, end } from "./check.mjs";
import { launch } from "./browser.mjs";
import { fill, logInAs, refused, send } from "./persons.mjs";
import { open } from "./portal.mjs";

const told = JSON.parse(process.argv[2]);
const folder = mkdtempSync(join(tmpdir(), "shield-"));
const browser = await launch();
const phone = await open(browser, told, null, { size: "phone" });
const screen = await open(browser, told, null);

/** The phone's own keeper of keys, opened by its owner's finger at once. */
const keys = await phone.context().newCDPSession(phone);
await keys.send("WebAuthn.enable");
await keys.send("WebAuthn.addVirtualAuthenticator", { options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });

const logOut = async (page) => {
  await page.click("header.top .ant-btn:has-text('退出')");
  await page.waitForSelector(".log-in-box");
};
const shieldTab = (page) => page.click(".log-in-box [role=tab]:has-text('手机盾登录')");
const who = (page) => page.evaluate(async () => (await fetch("/api/v1/session")).json());

/** What a phone's camera makes of the code on the screen. */
async function scanned() {
  const picture = join(folder, "qr.png");
  await screen.locator(".by-shield .qr > [role=img]").screenshot({ path: picture });
  const read = spawnSync("ZXingReader", [picture], { encoding: "utf8" });
  if (read.error) throw new Error(`ZXingReader of zxing-cpp-tools: ${read.error.message}`);
  const bytes = read.stdout.match(/^Bytes: *(.*)$/m)?.[1];
  assert.ok(bytes, `no code on the screen: ${read.stdout}`);
  return Buffer.from(bytes.replaceAll(" ", ""), "hex").toString("utf8");
}
const compared = (page) => page.textContent(".log-in-box strong.digits");

await check("the phone applies for a shield", phone, async () => {
  await logInAs(phone, told, told.username, told.password);
  await phone.goto(`${told.url}/account?part=shields`);
  await phone.click(".account button:has-text('申请手机盾')");
  await fill(phone, { name: "我的手机" });
  await send(phone);
  await phone.waitForSelector(".account .table td:has-text('我的手机')");
  await accessible(phone, "shields on a phone");
  await logOut(phone);
});

await check("the phone logs in by its own shield", phone, async () => {
  await shieldTab(phone);
  await phone.waitForSelector(".by-shield .qr svg");
  await accessible(phone, "log-in by shield on a phone");
  await phone.click("[data-act=own-shield]");
  await phone.waitForSelector(".shell");
  const { username, login } = await who(phone);
  assert.deepEqual([username, login], [told.username, "shield"]);
  await logOut(phone);
});

await check("a screen is logged in by a phone that scans its code and confirms the same number", screen, async () => {
  await screen.goto(`${told.url}/smart-gate`);
  await screen.waitForSelector(".log-in-box");
  await shieldTab(screen);
  await screen.waitForSelector(".by-shield .qr svg");
  await accessible(screen, "log-in by shield");
  // A code serves for a minute: a new one, however long that took.
  await screen.reload();
  await shieldTab(screen);
  await screen.waitForSelector(".by-shield .qr svg");
  const address = await scanned();
  assert.ok(address.startsWith(`${told.url}/shield?request=`), address);
  await phone.goto(address);
  await phone.waitForSelector("[data-act=confirm]");
  assert.equal(await compared(phone), await compared(screen));
  assert.ok((await phone.textContent(".log-in-box .facts")).includes("127.0.0.1"));
  await phone.click("[data-act=confirm]");
  await phone.waitForSelector(".log-in-box [role=status]:has-text('已确认')");
  await screen.waitForSelector(".shell .query");
  assert.deepEqual([(await who(screen)).username, new URL(screen.url()).pathname], [told.username, "/smart-gate"]);
  // The phone itself is as it was, and the code serves nobody a second time.
  assert.equal((await phone.evaluate(async () => (await fetch("/api/v1/session")).status)), 401);
  await phone.reload();
  await phone.waitForSelector(".log-in-box [role=alert]:has-text('该登录请求已失效')");
  refused(phone);
  await logOut(screen);
});

await check("what the phone refuses logs nobody in, and the screen says so", screen, async () => {
  await shieldTab(screen);
  await screen.waitForSelector(".by-shield .qr svg");
  await phone.goto(await scanned());
  await phone.waitForSelector("[data-act=refuse]");
  await accessible(phone, "the question on the phone");
  await phone.click("[data-act=refuse]");
  await phone.waitForSelector(".log-in-box [role=status]:has-text('已拒绝')");
  await screen.waitForSelector(".by-shield [role=alert]:has-text('手机上已拒绝')");
  refused(screen);
  await screen.click(".by-shield .ant-btn:has-text('重新获取')");
  await screen.waitForSelector(".by-shield .qr svg");
});

await check("a request that names the account is found on its phone", screen, async () => {
  await phone.goto(told.url);
  await phone.waitForSelector(".log-in-box");
  await shieldTab(phone);
  await phone.click("[data-act=own-shield]");
  await phone.waitForSelector(".shell");
  await phone.goto(`${told.url}/account?part=shields`);
  await phone.waitForSelector(".waiting-requests .soft");
  await screen.fill("#shield-username", told.username);
  await screen.keyboard.press("Enter");
  await screen.waitForSelector(`.by-shield p:has-text("已发送给 ${told.username}")`);
  await phone.waitForSelector(".waiting-requests li");
  assert.ok((await phone.textContent(".waiting-requests li")).includes(await compared(screen)));
  await accessible(phone, "requests that wait");
  await phone.click(".waiting-requests li .ant-btn");
  await phone.waitForSelector("[data-act=confirm]");
  await phone.click("[data-act=confirm]");
  await screen.waitForSelector(".shell");
  assert.equal((await who(screen)).login, "shield");
});

await check("a code that nobody has confirmed in time says so", screen, async () => {
  await logOut(screen);
  await screen.clock.install();
  await shieldTab(screen);
  await screen.waitForSelector(".by-shield .qr svg");
  await screen.clock.fastForward("01:01");
  await screen.waitForSelector(".by-shield [role=alert]:has-text('二维码已过期')");
});

await browser.close();
rmSync(folder, { recursive: true });
end();
