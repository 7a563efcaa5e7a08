// A test in a browser: named checks one after the other, each told; the first that fails ends the program with a picture of what was seen.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { strict as assert } from "node:assert";

export { assert };

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const began = Date.now();
let passed = 0;
let spentOnAxe = 0;
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** Where the time of a story goes is told with each check, and what of it axe has taken. */
export async function check(name, page, act) {
  const since = Date.now();
  const axeBefore = spentOnAxe;
  try {
    await act();
    assert.deepEqual(page.faults, [], "the browser's console complains");
    passed += 1;
    const axe = spentOnAxe - axeBefore;
    console.log(`ok ${name} (${seconds(Date.now() - since)}${axe > 0 ? `, axe ${seconds(axe)}` : ""})`);
  } catch (error) {
    const picture = `${process.env.PICTURES ?? "."}/failed.png`;
    await page.screenshot({ path: picture, fullPage: true }).catch(() => {});
    console.log(`FAILED ${name}\n${error.stack}\nfaults: ${JSON.stringify(page.faults)}\npicture: ${picture}`);
    console.log(`${passed} passed, 1 failed`);
    process.exit(1);
  }
}

export function end() {
  console.log(`in all ${seconds(Date.now() - began)}, axe ${seconds(spentOnAxe)}`);
  console.log(`${passed} passed, 0 failed`);
}

/** What axe-core finds serious or critical on the page as it stands, by WCAG 2.2 A and AA. */
export async function accessible(page, what) {
  const since = Date.now();
  await page.evaluate(AXE);
  const found = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  spentOnAxe += Date.now() - since;
  const bad = found.violations.filter((one) => ["serious", "critical"].includes(one.impact));
  const told = bad.map((one) => `${one.impact} ${one.id}: ${one.help}\n  ${one.nodes.map((node) => `${node.target.join(" ")} ${node.failureSummary}`).join("\n  ")}`);
  assert.equal(bad.length, 0, `${what}:\n${told.join("\n")}`);
  const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(width[0] <= width[1], `${what}: the page is ${width[0]} wide on a screen of ${width[1]}`);
}

/** Where the keyboard is: the element's id, act, or tag. */
export function focused(page) {
  return page.evaluate(() => {
    const here = document.activeElement;
    return here.id || here.dataset.act || here.tagName.toLowerCase();
  });
}

/** Tabs until the keyboard is there; every stop must be seen to have the focus. */
export async function tabTo(page, wanted, most = 60) {
  for (let step = 0; step < most; step += 1) {
    if ((await focused(page)) === wanted) return;
    await page.keyboard.press("Tab");
    const seen = await page.evaluate(() => {
      const here = document.activeElement;
      if (!here || here === document.body) return true;
      const box = here.getBoundingClientRect();
      const style = getComputedStyle(here);
      const inside = box.bottom > 0 && box.top < innerHeight;
      return inside && (style.outlineStyle !== "none" || style.outlineWidth !== "0px");
    });
    assert.ok(seen, `the focus on ${await focused(page)} is not seen`);
  }
  assert.fail(`Tab does not reach ${wanted}; it is at ${await focused(page)}`);
}
