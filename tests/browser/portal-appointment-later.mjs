// What follows an approved appointment once its slot has begun: node portal-appointment-later.mjs '{"act", "url", "captcha", ...}'
// Act `approve` makes two approved appointments and tells their numbers; act `answer` feeds declaration numbers back for the one, and explains the other.

import { assert, check, end } from "./check.mjs";
import { launch } from "./browser.mjs";
import { ask as asOfficer, decide, insert, signed } from "./officer.mjs";
import { good } from "./pdf.mjs";
import { ask } from "./portal-hands.mjs";
import { logIn, open, put } from "./portal.mjs";
import { signaturesHold } from "./signatures.mjs";

const told = JSON.parse(process.argv[2]);
const PORT = "0708";
const DAY_MS = 86_400_000;
const browser = await launch();
const page = await open(browser, told, "/appointment");

const day = (ahead) => new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(Date.now() + ahead * DAY_MS);
const SATURDAY = day(13 - new Date(`${day(0)}T12:00:00Z`).getUTCDay());

/** An application as the page would send it, signed by the card and approved by customs. */
async function approved(slot_start) {
  const body = {
    consignee: { customs_reg_no: "1507962233" }, contact_name: "李敏", contact_mobile: "13917250418", declaration_port: PORT, entry_exit_port: PORT,
    transport_mode: "4", ie_flag: "I", slot_start, reason: "易腐货物", goods: [{ hs_code: "0809290000", name: "鲜樱桃" }],
  };
  const { pre_entry_no: number, version } = await ask(page, told, "POST", "/api/v1/appointments", body);
  const address = `/api/v1/appointments/${number}`;
  await insert(told, told.card);
  const signature = await signed(told, await ask(page, told, "POST", `${address}/statements`, { action: "submit", version, reason: null }));
  await ask(page, told, "POST", `${address}/submit`, { version, signature });
  await decide(told, "appointments", number, "accept");
  await decide(told, "appointments", number, "approve");
  return number;
}

/** What the page to sign shows is signed; the record's page waits for customs. */
async function sign(mark) {
  await page.waitForSelector(".sign .pin-form input");
  await page.fill(".sign .pin-form input", told.pin);
  await page.keyboard.press("Enter");
  await page.waitForSelector(`.page:not([hidden]) .record .actions:has-text("${mark}")`);
}
const part = (name) => `.page:not([hidden]) .record .on-screen [data-part=${name}]`;
const openRecord = async (number) => {
  await page.goto(`${told.url}/appointment/${number}`);
  await page.waitForSelector(part("feedback"));
};

const acts = {
  async approve() {
    await check("two appointments are approved", page, async () => {
      const calendar = { working_day: [["08:30", "12:00"], ["13:30", "17:00"]], saturday: [], sunday: [], published_from: day(-30), published_until: day(60) };
      await asOfficer(told, "PUT", `/api/v1/admin/ports/${PORT}/calendar`, { version: 0, calendar });
      await page.waitForSelector(".log-in-box");
      await logIn(page, told);
      console.log(`numbers ${await approved(`${SATURDAY}T02:00:00.000Z`)} ${await approved(`${SATURDAY}T05:00:00.000Z`)}`);
    });
  },

  async answer() {
    const [fedBack, explained] = told.numbers;
    await check("from the start of the slot on the numbers can be sent, signed by the card", page, async () => {
      await page.waitForSelector(".log-in-box");
      await logIn(page, told);
      await openRecord(fedBack);
      await page.click(`${part("feedback")} [data-field=declaration_no] input`);
      await put(page, `${PORT}${day(0).slice(0, 4)}1000000001`);
      await page.waitForSelector(`${part("feedback")} .table td:has-text('1000000001')`);
      await page.click(`${part("feedback")} .ant-btn-primary:has-text('提交')`);
      await page.waitForSelector(".sign dd:has-text('1000000001')");
      await sign("报关单号待海关答复");
    });
    await check("customs accepts them: the appointment is cleared, and its answer stands beside the number", page, async () => {
      await decide(told, "appointments", fedBack, "accept-feedback");
      await page.waitForSelector(".page:not([hidden]) .record .status:has-text('通关完成')");
      const row = await page.textContent(`${part("feedback")} .table tbody tr:has-text('1000000001')`);
      assert.ok(row.includes("已接受"), row);
      await signaturesHold(page, told, fedBack, ["提交报关单号", "提交"]);
    });
    await check("who has no number explains: in words and by a file, with a warning that it is sent once", page, async () => {
      await openRecord(explained);
      const box = `${part("explanation")} [data-field=text] textarea`;
      await page.fill(box, "货物改由其他口岸申报。");
      await page.click(`${part("explanation")} .ant-btn:has-text('暂存')`);
      await page.waitForSelector(".ant-message:has-text('暂存成功')");
      await page.click(`${part("explanation")} .ant-btn:has-text('上传PDF')`);
      const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.click(".ant-modal .ant-btn:has-text('添加文件')")]);
      await chooser.setFiles([good("情况说明.pdf")]);
      await page.click(".ant-modal .ant-btn:has-text('上传/保存')");
      await page.waitForSelector(".uploads li[data-state=stored]");
      await page.click(".ant-modal-footer .ant-btn:has-text('关闭')");
      await page.click(`${part("explanation")} .ant-btn-primary:has-text('预约申报')`);
      await page.waitForSelector(".sign .ant-alert:has-text('仅能提交一次')");
      const shown = await page.textContent(".sign");
      for (const words of ["货物改由其他口岸申报。", "情况说明.pdf"]) assert.ok(shown.includes(words), `${words} in what is signed`);
      await sign("情况说明待海关答复");
    });
    await check("what was sent is typed no more, and numbers neither; customs accepts the explanation", page, async () => {
      assert.equal(await page.locator(`${part("explanation")} .ant-btn-primary`).count(), 0);
      assert.equal(await page.locator(`${part("feedback")} [data-field=declaration_no] input`).count(), 0);
      await decide(told, "appointments", explained, "accept-explanation");
      await page.waitForSelector(".page:not([hidden]) .record .status:has-text('通关完成')");
      await page.waitForSelector(`${part("explanation")} .table tbody tr`);
      await signaturesHold(page, told, explained, ["提交情况说明", "提交"]);
    });
  },
};

await acts[told.act]();
await browser.close();
end();
