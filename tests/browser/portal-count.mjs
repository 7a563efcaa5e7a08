// A list of more than ten thousand records: node portal-count.mjs '{"url", "captcha", ..., "total"}'

import { assert, check, end } from "./check.mjs";
import { launch } from "./browser.mjs";
import { logIn, open } from "./portal.mjs";

const told = JSON.parse(process.argv[2]);
const browser = await launch();
const page = await open(browser, told, "/smart-gate");
const sentence = () => page.innerText(".paging [role=status]");

await check("beyond ten thousand the list says so, and counts when it is asked to", page, async () => {
  await page.waitForSelector(".log-in-box");
  await logIn(page, told);
  await page.waitForSelector(".query .results .link");
  assert.equal(await sentence(), "显示第 1 到第 10 条记录，总数超过 10,000 条");
  await page.click(".paging .ant-btn:has-text('统计总数')");
  const counted = `显示第 1 到第 10 条记录，总共 ${told.total.toLocaleString("zh-CN")} 条记录`;
  await page.waitForFunction((counted) => document.querySelector(".paging [role=status]")?.textContent === counted, counted);
  assert.equal(await page.locator(".paging .ant-btn:has-text('统计总数')").count(), 0);
});

await check("the last page of them is reached", page, async () => {
  await page.click(".ant-pagination .ant-pagination-item >> nth=-1");
  await page.waitForFunction((total) => document.querySelector(".paging [role=status]")?.textContent.includes(`到第 ${total.toLocaleString("zh-CN")} 条记录`), told.total);
});

await browser.close();
end();
