// How the pages are built: hashed names, one file for each page that is loaded on demand, and a compressed copy beside each file.
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Files are compressed once, here, as well as they can be; the centre sends the copies as they are. */
function compressed(): Plugin {
  const below = (folder: string): string[] =>
    readdirSync(folder).flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? below(path) : [path];
    });
  return {
    name: "kakou-compressed",
    apply: "build",
    closeBundle() {
      for (const path of below("dist").filter((path) => /\.(js|css|html|svg|json)$/.test(path))) {
        const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
        writeFileSync(`${path}.br`, brotliCompressSync(readFileSync(path), { params: quality }));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), compressed()],
  build: {
    target: ["chrome120", "edge120", "firefox120"],
    // Nothing as data: addresses: the policy of the pages allows scripts and fonts from files only.
    assetsInlineLimit: 0,
    manifest: "manifest.json",
    chunkSizeWarningLimit: 2000,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8080" } },
});
