// A gate from the code on the page to its certificate, and what an administrator does with it afterwards, with a centre and an agent that are real:
// node portal-gates.mjs '{"url", "admin_token", "gate_agent", "gate_line", "panel", "folder"}'

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { assert, check, end } from "./check.mjs";
import { launch } from "./browser.mjs";
import { open } from "./portal.mjs";
import { fill, send } from "./persons.mjs";

const told = JSON.parse(process.argv[2]);
const GATE = "0708-G07";
const YARD = "CNEHX070801";
const browser = await launch();
const page = await open(browser, told, "/admin/gate-identities", { token: told.admin_token });
const row = page.locator(`.subject .table tbody tr:has-text("${GATE}")`);
const closeCode = async () => {
  await page.click(".ant-modal-footer .ant-btn");
  await page.waitForSelector(".made-code", { state: "detached" });
};
/** The line that the page shows, run as it stands; only where the gate's file is, is told besides. */
const enrol = (line) => {
  const [program, ...args] = line.split(" ");
  assert.equal(program, "gate-agent");
  return spawnSync(told.gate_agent, ["--config", `${told.folder}/gate-agent.toml`, ...args], { encoding: "utf8" });
};
let line;

await check("the line of the dialog enrols the gate, which stands in the list with its certificate", page, async () => {
  mkdirSync(told.folder, { recursive: true });
  writeFileSync(`${told.folder}/gate-agent.toml`, `[gate]
gate_id = "${GATE}"
yard_id = "${YARD}"
data_dir = "${told.folder}/data"
emergency_log = "${told.folder}/emergency.log"
[centre]
url = "https://${told.gate_line}"
[panel]
listen = "${told.panel}"
[[device]]
name = "reader"
kind = "uhf-chafon-18"
tcp = "127.0.0.1:1"
[[device]]
name = "board"
kind = "modbus-io"
tcp = "127.0.0.1:2"
[device.coils]
barrier_open = 0
[device.inputs]
open_limit = 0
closed_limit = 1
approach_loop = 2
exit_loop = 4
[[lane]]
lane_id = "IN1"
readers = ["reader"]
barrier = { device = "board" }
`);
  await page.click(".subject .bar button:has-text('发放注册码')");
  await fill(page, { gate_id: GATE, yard_id: YARD });
  await send(page);
  await page.waitForSelector(".made-code");
  line = (await page.locator(".made-code code").allTextContents()).find((text) => text.startsWith("gate-agent "));
  const ended = enrol(line);
  assert.equal(ended.status, 0, ended.stderr);
  await closeCode();
  await page.click(".subject .bar .ant-btn-icon-only");
  await row.locator("td:has-text('有效')").first().waitFor();
});

await check("it is revoked; what it had is listed with who ended it and why, and a new code brings it back", page, async () => {
  await row.locator("button:has-text('吊销')").click();
  await fill(page, { gate_id: GATE, reason: "设备失窃" });
  await send(page);
  await row.locator("td:has-text('已吊销')").waitFor();
  assert.notEqual(enrol(line).status, 0, "the code that was revoked still serves");
  await row.locator("button:has-text('发放注册码')").click();
  await page.click(".ant-modal-confirm .ant-modal-confirm-btns .ant-btn:not(:first-child)");
  await page.waitForSelector(".made-code");
  line = (await page.locator(".made-code code").allTextContents()).find((text) => text.startsWith("gate-agent "));
  const ended = enrol(line);
  assert.equal(ended.status, 0, ended.stderr);
  await closeCode();
  await page.click(".subject .bar .ant-btn-icon-only");
  await row.locator("td:has-text('有效')").first().waitFor();
  await row.locator("button:has-text('查看')").click();
  await page.waitForSelector(".ant-modal .table td:has-text('设备失窃')");
  assert.equal(await page.locator(".ant-modal .table tbody tr").count(), 2);
});

await browser.close();
end();
