// The browser of this machine, as tests need it: Debian's Chromium, nothing downloaded, no service of the browser's own asked.

import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export const SIZES = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

function options() {
  const executablePath = PLACES.find((place) => existsSync(place));
  if (!executablePath) throw new Error(`no Chromium at ${PLACES.join(", ")}: run scripts/setup test`);
  return {
    timeout: 180_000,
    executablePath,
    args: [
      // Tests run as root in a container; the pages are our own.
      "--no-sandbox",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      "--disable-quic",
    ],
  };
}

export const launch = () => chromium.launch(options());

/** A browser that can be killed: the connection to it, and its process. */
export async function launchMortal() {
  const server = await chromium.launchServer(options());
  return { browser: await chromium.connect(server.wsEndpoint()), process: server.process() };
}

/** A page of its own, whose console errors and failed requests are kept in `page.faults`. */
export async function open(browser, url, { size = "desk", scheme = "light", language = "zh", options = {} } = {}) {
  const context = await browser.newContext({ viewport: SIZES[size], colorScheme: scheme, reducedMotion: "reduce", timezoneId: "America/Lima", ...options });
  await context.addInitScript((language) => localStorage.getItem("kakou.language") ?? localStorage.setItem("kakou.language", language), language);
  const page = await context.newPage();
  page.faults = [];
  page.on("console", (message) => message.type() === "error" && page.faults.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => page.faults.push(`page: ${error.message}`));
  page.on("requestfailed", (request) => {
    const failure = request.failure()?.errorText;
    if (failure !== "net::ERR_ABORTED") page.faults.push(`request: ${request.url()} ${failure}`);
  });
  // Generous: the machine may be busy with other tests.
  page.setDefaultTimeout(120_000);
  await page.goto(url);
  await page.waitForSelector(".lane .pill");
  return page;
}
