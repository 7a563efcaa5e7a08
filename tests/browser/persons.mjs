// What stories of persons share: the code in a short message, forms that are filled by their fields, the card in the reader.

import { readdirSync, readFileSync } from "node:fs";
import { assert } from "./check.mjs";

/** How many messages this mobile has had. */
const messagesTo = (folder, mobile) => {
  let names;
  try {
    names = readdirSync(folder).sort();
  } catch {
    return [];
  }
  return names.map((name) => readFileSync(`${folder}/${name}`, "utf8").split("\n")).filter(([to]) => to === mobile);
};

/** Waits for one more message than there were, and reads its six digits. */
export async function codeTo(told, mobile, before = 0) {
  for (let tries = 0; tries < 600; tries += 1) {
    const found = messagesTo(told.messages, mobile);
    if (found.length > before) return found.at(-1)[1].match(/\d{6}/)[0];
    await new Promise((done) => setTimeout(done, 100));
  }
  return assert.fail(`no message to ${mobile}`);
}
export const countTo = (told, mobile) => messagesTo(told.messages, mobile).length;

/** Fills the fields of the form in front: a text is typed, a code is typed and taken. */
export async function fill(page, values, within = ".plain-form") {
  for (const [name, value] of Object.entries(values)) {
    const box = page.locator(`${within} [data-field="${name}"] input, ${within} [data-field="${name}"] textarea`).first();
    if (typeof value === "boolean") {
      await box.setChecked(value);
    } else if (Array.isArray(value)) {
      for (const one of value) {
        await box.click();
        await box.fill(one);
        await page.waitForSelector(`${within} [data-field="${name}"] [role=option][aria-selected=true]:has-text("${one}")`);
        await box.press("Enter");
      }
    } else if ((await box.getAttribute("role")) === "combobox") {
      await box.click();
      await box.fill(value);
      await page.waitForSelector(`${within} [data-field="${name}"] [role=option][aria-selected=true]:has-text("${value}")`);
      await box.press("Enter");
    } else {
      await box.fill(value);
    }
  }
}
export const send = (page, within = ".plain-form") => page.click(`${within} [type=submit]`);

/** Enters the PIN for the card that is in the reader. */
export async function byPin(page, told, card = told.card, within = ".pin-form") {
  await page.waitForSelector(`${within} .card-state:has-text("${card}")`);
  await page.fill(`${within} input[type=password]`, told.pin);
  await page.click(`${within} [type=submit]`);
}

/** A refusal is an answer here; the browser complains of it all the same. */
export const refused = (page) => {
  page.faults = page.faults.filter((fault) => !/status of (4\d\d)/.test(fault));
};

export async function logInAs(page, told, username, password) {
  await page.route("**/api/v1/captchas", (route) => route.fulfill({ status: 201, json: told.captcha }));
  await page.goto(told.url);
  await page.waitForSelector(".captcha img");
  await page.fill("#username", username);
  await page.fill("#password", password);
  await page.fill("#captcha", told.captcha_text);
  await page.check("#agreed");
  await page.click("form:has(#captcha) [type=submit]");
  await page.waitForSelector(".shell");
  await page.unroute("**/api/v1/captchas");
}
