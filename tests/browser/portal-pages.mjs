// Every page of the portal in both languages, sizes and schemes: node portal-pages.mjs '{"url", "captcha", "exemption", ...}'

import { accessible, assert, check, end } from "./check.mjs";
import { launch, SIZES } from "./browser.mjs";
import { signed } from "./officer.mjs";
import { good } from "./pdf.mjs";
import { ask } from "./portal-hands.mjs";
import { logIn, open } from "./portal.mjs";

const told = JSON.parse(process.argv[2]);
const browser = await launch();
const first = await open(browser, told, "/");
let cookies;
let number;
let appointment;
let exemption;
const RECORD = {
  customs_code: "0708", medium_type: "VN", medium_key: "蒙LK8216", business_type: "1000000000", transport_mode: "4", ie_flag: "I",
  vehicle_weight_kg: 8600, trailer_weight_kg: 6400, container_weight_kg: 3800, remark: "长协煤",
  lines: [{ direction: "E", object_type: "B", object_id: "MGL2510130087", voyage_no: "0708251013017", business_type: "1000000000", bill_type: "1", pickup_weight_kg: 32500, container_no_1: "TGHU4829152", seal_no_1: "ES20250011827|ES20250011828", remark: "两箱同车" }],
};

await check("the log-in page is accessible", first, async () => {
  await first.waitForSelector(".captcha img");
  await accessible(first, "log-in");
  await logIn(first, told);
  cookies = await first.context().cookies();
  number = await first.evaluate(async (record) => {
    const answer = await fetch("/api/v1/smart-gate/records", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(record) });
    return answer.ok ? (await answer.json()).unified_no : answer.text();
  }, RECORD);
  assert.match(number, /^\d{18}$/);
  appointment = await first.evaluate(async () => {
    const body = { consignee: { customs_reg_no: "1507962233" }, contact_name: "李敏", transport_mode: "4", ie_flag: "I", reason: "易腐货物", goods: [{ hs_code: "0809290000", name: "鲜樱桃" }] };
    const answer = await fetch("/api/v1/appointments", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    return (await answer.json()).pre_entry_no;
  });
  assert.match(appointment, /^YTG\d{15}$/);
});

await check("an exemption is saved with its statement, so that there is one to be signed", first, async () => {
  const address = "/api/v1/attendance-exemptions";
  const body = { doc_type: "declaration", declaration_no: told.exemption.declaration, contact_name: "王芳", contact_phone: "13816001234" };
  const { data_center_no, version } = await ask(first, told, "POST", address, body);
  exemption = data_center_no;
  const statement = await signed(told, await ask(first, told, "POST", `${address}/${exemption}/statements`, { action: "upload", version }));
  const file = good("声明.pdf");
  const answer = await first.request.fetch(`${told.url}${address}/${exemption}/attachments?${new URLSearchParams({ version, category: "00000002", file_name: file.name })}`, {
    method: "POST", data: file.buffer, headers: { "content-type": "application/pdf", "x-card-statement": JSON.stringify(statement) },
  });
  assert.ok(answer.ok(), `${answer.status()} ${await answer.text()}`);
});

/** What is to be signed is read without scrolling sideways on a desk of 1280 pixels. */
async function fitsTheDesk(page) {
  await page.setViewportSize({ width: 1280, height: 800 });
  const wide = await page.locator(".sign .table-scroll").evaluateAll((tables) => tables.filter((table) => table.scrollWidth > table.clientWidth).map((table) => `${table.getAttribute("aria-label")} ${table.scrollWidth} on ${table.clientWidth}`));
  assert.deepEqual(wide, []);
  await page.setViewportSize(SIZES.desk);
}

const VISITOR = { "/register": ".choice", "/recover": ".plain-form", "/first-card": ".plain-form", "/shield": ".log-in-box .ant-alert", "/login/third-party?error=access_denied": ".log-in-box [role=alert]" };
const PERSON = { "/account": ".account .facts", "/account?part=password": ".account .plain-form", "/account?part=devices": ".account .table", "/account?part=card": ".account .facts", "/account?part=shields": ".account .table", "/account?part=identities": ".account .table", "/account?part=keys": ".account .table", "/account?part=close": ".account .ant-btn-dangerous" };
const ADMIN = { "/admin/users": ".subject .table .link", "/admin/tables": ".subject .table .link", "/admin/codes?table=customs_office": ".subject .table .link", "/admin/calendars": ".subject .table", "/admin/announcements": ".subject .table", "/admin/yards": ".subject .table .link", "/admin/gate-identities": ".subject .table", "/admin/audit": ".subject .table .link" };
const DECLARANT = {
  "/start": ".start .card", "/notices": "#page h2",
  "/smart-gate": ".query .results .link", "/smart-gate/import": ".import h2", "/smart-gate/new/new-a": ".entry [data-field=lines], .entry .table", "/smart-gate/NUMBER": ".record .content-view", "/smart-gate/NUMBER/edit": ".entry .table", "/smart-gate/NUMBER/sign/declare": ".sign .content-view",
  "/appointment": ".query .results", "/appointment/new/new-b": ".entry .files", "/appointment/APPOINTMENT": ".record .content-view", "/appointment/APPOINTMENT/edit": ".entry .table", "/appointment/APPOINTMENT/sign/submit": ".sign .content-view", "/appointment/working-hours": ".query .table",
  "/attendance-exemptions": ".query .results", "/attendance-exemptions/new/new-declaration-a": ".entry .files", "/attendance-exemptions/EXEMPTION": ".record .content-view", "/attendance-exemptions/EXEMPTION/edit": ".entry .files", "/attendance-exemptions/EXEMPTION/sign/apply": ".sign .content-view",
};
const OFFICER = { "/desk": ".desk .work", "/desk/attendance-exemptions/statistics": ".figures", "/yard": ".yard .yard-alerts", "/yard/passages": ".yard-passages .passages", "/smart-gate": ".query .results" };

/** What else the menu of administrators leads to: a page that is new is looked at once before anybody lists it above. */
const UNLISTED = {};
const administrator = await open(browser, told, "/start", { token: told.admin_token });
await check("the menu of administrators tells their pages", administrator, async () => {
  await administrator.waitForSelector("nav.side [data-menu-id$='/admin/audit']");
  const paths = await administrator.locator("nav.side [data-menu-id*='/admin/']").evaluateAll((items) => items.map((item) => item.dataset.menuId.replace(/^.*?(?=\/admin\/)/, "")));
  assert.ok(paths.includes("/admin/gate-identities"), paths.join(" "));
  for (const path of paths) if (!(path in ADMIN)) UNLISTED[path] = ".subject .table";
});
await administrator.context().close();

for (const [size, language, scheme] of [["desk", "zh", "light"], ["desk", "en", "dark"], ["phone", "en", "light"], ["phone", "zh", "dark"]]) {
  for (const [paths, token] of [[VISITOR, undefined], [DECLARANT, undefined], [PERSON, undefined], [OFFICER, told.officer_token], [ADMIN, told.admin_token], ...(size === "desk" && language === "zh" ? [[UNLISTED, told.admin_token]] : [])]) {
    const page = await open(browser, told, null, { size, language, scheme, token });
    if (!token && paths !== VISITOR) await page.context().addCookies(cookies);
    for (const [path, ready] of Object.entries(paths)) {
      await check(`${path} ${token ?? ""}, ${size}, ${language}, ${scheme}`, page, async () => {
        await page.goto(told.url + path.replace("NUMBER", number).replace("APPOINTMENT", appointment).replace("EXEMPTION", exemption));
        await page.waitForSelector(ready);
        await page.waitForFunction(() => !document.querySelector(".page:not([hidden]) .waiting"));
        await accessible(page, path);
        if (size === "desk" && path.includes("/sign/")) await fitsTheDesk(page);
        assert.equal(await page.getAttribute("html", "lang"), language === "zh" ? "zh-CN" : "en");
        if (language === "en") {
          // Names out of records and tables are Chinese in both, the switch names the other language.
          const text = await page.evaluate(() => {
            const copy = document.body.cloneNode(true);
            for (const own of copy.querySelectorAll("[lang=zh-CN], td, dd, .code-list, .work-item, .signed-text, [hidden], script, noscript, #old, textarea, [role=tabpanel][hidden]")) own.remove();
            return copy.textContent;
          });
          assert.ok(!/[\u4e00-\u9fff]/.test(text), `Chinese in the English page: ${text.match(/.{0,20}[\u4e00-\u9fff]+.{0,20}/)?.[0]}`);
        }
      });
    }
    await page.context().close();
  }
}

await browser.close();
end();
