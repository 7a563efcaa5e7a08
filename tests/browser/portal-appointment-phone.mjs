// An appointment on a phone, in English: node portal-appointment-phone.mjs '{"url", "captcha", ...}'

import { accessible, assert, check, end } from "./check.mjs";
import { launch } from "./browser.mjs";
import { good, refusedHere } from "./pdf.mjs";
import { at, holds, logIn, open, put, take } from "./portal.mjs";

const told = JSON.parse(process.argv[2]);
const CONSIGNEE = "1507962233";
const browser = await launch();
const page = await open(browser, told, "/appointment/new/new-phone", { size: "phone", language: "en" });
// Files are chosen by the test from the first to the last: without a listener a browser would open its own window in between.
page.on("filechooser", () => undefined);

/** No Chinese but in data: names of the register and of tables. */
async function english(what) {
  const text = await page.evaluate(() => {
    const copy = document.querySelector("#page").cloneNode(true);
    for (const own of copy.querySelectorAll("td, dd, .code-list, .signed-text, [hidden]")) own.remove();
    return copy.textContent;
  });
  assert.ok(!/[\u4e00-\u9fff]/.test(text), `${what}: ${text.match(/.{0,20}[\u4e00-\u9fff]+.{0,20}/)?.[0]}`);
}

await check("the form fits the phone, and asks for dates the way they are written here", page, async () => {
  await page.waitForSelector(".log-in-box");
  await logIn(page, told);
  await at(page, "consignee.customs_reg_no");
  assert.equal(await page.getAttribute("[data-field=slot_start] input", "placeholder"), "yyyy-mm-dd hh:mm");
  assert.ok((await page.textContent(".files")).includes("at most 4 MiB each"));
  await english("entry");
  await accessible(page, "entry");
});

await check("it is typed, saved and given a file", page, async () => {
  await put(page, CONSIGNEE);
  await page.waitForFunction(() => document.querySelector("[data-field='consignee.uscc'] input")?.value === "91150781MA0N5XWB9P");
  await put(page, "Li Min");
  await put(page, "+49301234567");
  await take(page, "0708");
  await take(page, "0708");
  await take(page, "road");
  await put(page, "31.12.2026");
  await page.waitForSelector("[data-field=slot_start] .fault:has-text('yyyy-mm-dd hh:mm')");
  await page.fill("[data-field=slot_start] input >> nth=0", "2026-12-31T1000");
  await page.press("[data-field=slot_start] input >> nth=0", "Tab");
  await holds(page, "slot_start", "2026-12-31 10:00:00");
  await page.keyboard.press("Alt+s");
  await page.waitForURL(/YTG\d{15}\/edit$/);
  await page.click(".files .ant-btn:has-text('Upload PDF')");
  const choose = async (file) => {
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.click(".ant-modal .ant-btn:has-text('Add file')")]);
    await chooser.setFiles([file]);
  };
  await choose(refusedHere.empty);
  await page.waitForSelector(".uploads li[data-state=refused]:has-text('the file is empty')");
  await choose(good("invoice.pdf"));
  await page.waitForSelector(".uploads li[data-state=chosen]");
  await accessible(page, "the window for files");
  await page.click(".ant-modal .ant-btn:has-text('Upload and store')");
  await page.waitForSelector(".uploads li[data-state=stored]");
  await page.click(".ant-modal-footer .ant-btn:has-text('Close')");
  await page.waitForSelector(".files tbody tr:has-text('invoice.pdf')");
  // This port has published no calendar: told under the form, and the browser notes the refusal.
  await page.waitForSelector(".advice[data-tone=bad]:has-text('calendar')");
  page.faults.length = 0;
});

await check("its record reads in English and fits; it is deleted after asking", page, async () => {
  const number = page.url().match(/YTG\d{15}/)[0];
  await page.goto(`${told.url}/appointment/${number}`);
  await page.waitForSelector(".record .content-view");
  await english("record");
  await accessible(page, "record");
  await page.keyboard.press("Alt+r");
  await page.click(".ant-modal-confirm .ant-btn-dangerous");
  await page.waitForFunction((number) => !location.pathname.includes(number), number);
  await page.goto(`${told.url}/appointment?enterprise_type=A&page=1&page_size=10`);
  await page.waitForSelector(".results .none");
  await english("query");
  await accessible(page, "query");
});

await browser.close();
end();
