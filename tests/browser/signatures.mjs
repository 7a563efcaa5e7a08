// The signatures of a record on its page, whatever its manual: what was signed, judged anew, and kept as evidence.

import { readFileSync } from "node:fs";
import { accessible, assert } from "./check.mjs";

/** The tab lists these acts, the newest first, and the first of them holds in everything that is looked at. */
export async function signaturesHold(page, told, number, acts) {
  const front = ".page:not([hidden])";
  await page.click(`${front} .record [role=tab]:has-text('电子签名')`);
  await page.waitForFunction(([front, count]) => document.querySelectorAll(`${front} .signatures .section`).length === count, [front, acts.length]);
  const heads = await page.locator(`${front} .signatures h2`).allInnerTexts();
  assert.deepEqual(heads.map((head) => head.split(" ")[0]), acts);
  const text = await page.innerText(`${front} .signatures .section >> nth=0`);
  for (const part of [told.card, "王强", "满洲里草原煤业有限公司", "SM2-SM3"]) assert.ok(text.includes(part), `${part} in ${text}`);
  const verified = page.locator(`${front} .signatures .section`).first();
  await verified.locator(".ant-btn:has-text('验证签名')").click();
  await verified.locator(".ant-alert-success:has-text('签名有效')").waitFor();
  assert.equal(await verified.locator("[data-holds=true]").count(), 5);
  await accessible(page, "signatures");
  const [download] = await Promise.all([page.waitForEvent("download"), verified.locator(".ant-btn:has-text('下载签名证据')").click()]);
  const evidence = JSON.parse(readFileSync(await download.path(), "utf8"));
  assert.equal(JSON.parse(evidence.statement).number, number);
  assert.equal(evidence.card_no, told.card);
}
