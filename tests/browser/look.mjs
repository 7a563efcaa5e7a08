// Pictures of the panel for people: node look.mjs URL FOLDER

import { mkdirSync } from "node:fs";
import { launch, open } from "./browser.mjs";

const [url = "http://127.0.0.1:8090", folder = "pictures"] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const browser = await launch();
for (const size of ["desk", "phone"]) {
  for (const scheme of ["light", "dark"]) {
    for (const language of ["zh", "en"]) {
      const page = await open(browser, url, { size, scheme, language });
      await page.waitForSelector("#passages table");
      await page.screenshot({ path: `${folder}/${size}-${scheme}-${language}.png`, fullPage: true });
      await page.click("#lane-OUT1 [data-act=release]");
      await page.click("#act-confirm");
      await page.screenshot({ path: `${folder}/${size}-${scheme}-${language}-act.png` });
      console.log(size, scheme, language, page.faults);
      await page.context().close();
    }
  }
}
await browser.close();
