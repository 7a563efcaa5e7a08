// The portal's pages for tests: who opens them, how one logs in, what is under the keyboard.

import { SIZES } from "./browser.mjs";

/** Before anyone is known these are answers, not errors; the browser complains of them all the same. */
const ANSWERS = /\/api\/v1\/(session|working-copies\/[^?]*)$/;

/** A page of its own at `path`, or at none yet; `token` makes it that of a person of the configuration. */
export async function open(browser, told, path, { size = "desk", scheme = "light", language = "zh", token, touch = false } = {}) {
  const context = await browser.newContext({ viewport: SIZES[size], colorScheme: scheme, reducedMotion: "reduce", timezoneId: "America/Lima", hasTouch: touch });
  const settings = JSON.stringify({ language, dark: scheme === "dark" });
  await context.addInitScript((settings) => localStorage.getItem("kakou.settings") ?? localStorage.setItem("kakou.settings", settings), settings);
  if (token) await context.route("**/api/v1/**", (route) => route.continue({ headers: { ...route.request().headers(), authorization: `Bearer ${token}` } }));
  const page = await context.newPage();
  // Whoever listens from the beginning misses no window for files: the browser is told to hand them over, and that takes a moment.
  page.on("filechooser", () => {});
  page.faults = [];
  page.on("console", (message) => message.type() === "error" && !ANSWERS.test(message.location().url) && page.faults.push(`console: ${message.text()} ${message.location().url}`));
  page.on("pageerror", (error) => page.faults.push(`page: ${error.message}`));
  // Generous: the machine may be busy with other tests.
  page.setDefaultTimeout(180_000);
  likeFingers(page);
  if (path) await page.goto(told.url + path);
  return page;
}

/** After each key the page draws itself before the next one comes: fingers are slower than any page, a script is not. */
function likeFingers(page) {
  const press = page.keyboard.press.bind(page.keyboard);
  const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))));
  page.keyboard.press = async (...key) => {
    await press(...key);
    // A key that leaves the page ends this, too.
    await page.evaluate(drawn).catch(() => {});
  };
}

/** Logs in by password; the captcha is the one that the test has read. */
export async function logIn(page, told) {
  await page.waitForSelector(".captcha img");
  // The one that the page has drawn by itself is not the one that was read: another one is drawn, as by a person who cannot read the first.
  await page.route("**/api/v1/captchas", (route) => route.fulfill({ status: 201, json: told.captcha }));
  await page.click(".captcha > button");
  await page.waitForSelector(`.captcha img[src="${told.captcha.image}"]`);
  await page.fill("#username", told.username);
  await page.fill("#password", told.password);
  await page.fill("#captcha", told.captcha_text);
  await page.check("#agreed");
  await page.click("button[type=submit]");
  await page.waitForSelector(".shell");
  await page.unroute("**/api/v1/captchas");
}

/** Waits until the cursor is in this field. */
export const at = (page, field) => page.waitForFunction((field) => document.activeElement?.closest("[data-field]")?.dataset.field === field, field);

/** Types into a code field, takes the entry that the list offers first, and goes on to the next field. */
export async function take(page, typed) {
  await page.keyboard.type(typed);
  await page.waitForFunction((typed) => document.activeElement?.getAttribute("aria-expanded") === "true" && [...document.querySelectorAll("[role=option][aria-selected=true]")].some((option) => option.textContent.toLowerCase().includes(typed.toLowerCase()) && option.offsetParent), typed);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
}

/** Types into a field and goes on to the next one. */
export async function put(page, typed) {
  await page.keyboard.type(typed);
  await page.keyboard.press("Enter");
}

/** Waits until a field of the form holds this text; conditions of a query behind it have the same names. */
export const holds = (page, field, text) => page.waitForFunction(([field, text]) => document.querySelector(`.entry [data-field=${field}] :is(input, textarea)`)?.value === text, [field, text]);
