// A person releases the vehicle that a lane holds, with the keyboard alone. Shared by the staged panel's test and the whole yard's.

import { assert, focused, tabTo } from "./check.mjs";

/** From the page's beginning to the closed dialog. `second` or `code` where the lane asks for two, `choose` where several trips are offered. */
export async function releaseByKeyboard(page, { lane, number, person, pin, second, code, choose, reason, done }) {
  await page.keyboard.press(`Alt+${number}`);
  assert.equal(await focused(page), `lane-${lane}`);
  await page.keyboard.press("Alt+r");
  await page.waitForSelector("#act[open]");
  if (choose) {
    await tabTo(page, "act-trip");
    for (let step = 0; step < choose; step += 1) await page.keyboard.press("ArrowDown");
  }
  await tabTo(page, "act-reason");
  await page.keyboard.insertText(reason);
  await tabTo(page, "act-person");
  await page.keyboard.type(person);
  // Enter goes on to the next field and submits nothing.
  await page.keyboard.press("Enter");
  assert.equal(await focused(page), "act-pin");
  await page.keyboard.type(pin);
  if (second) {
    await tabTo(page, "act-second");
    await page.keyboard.type(second.person);
    await tabTo(page, "act-second-pin");
    await page.keyboard.type(second.pin);
  }
  if (code) {
    await tabTo(page, "act-way");
    await page.keyboard.press("ArrowDown");
    await tabTo(page, "act-code");
    await page.keyboard.type(code.toLowerCase());
  }
  await tabTo(page, "act-confirm");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#act:not([open])", { state: "attached" });
  const told = await page.textContent("#done");
  assert.ok(told.includes(done), `told ${told}`);
}
