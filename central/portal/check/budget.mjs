// How heavy the built pages are, compressed: the first load, and what each further page adds. Fails when one is over its budget.
import { readFileSync, statSync } from "node:fs";

const FIRST_KB = 500;
const FURTHER_KB = 100;

const manifest = JSON.parse(readFileSync("dist/manifest.json", "utf8"));
const weight = (file) => statSync(`dist/${file}.br`).size;

/** The files of a chunk and of everything that it needs at once. */
function files(key, seen = new Set()) {
  const chunk = manifest[key];
  for (const file of [chunk.file, ...(chunk.css ?? [])]) seen.add(file);
  for (const needed of chunk.imports ?? []) if (!seen.has(manifest[needed].file)) files(needed, seen);
  return seen;
}
const kb = (set) => [...set].reduce((sum, file) => sum + weight(file), 0) / 1000;

const first = files("index.html");
const rows = [["first load", kb(first), FIRST_KB]];
for (const [key, chunk] of Object.entries(manifest)) {
  if (chunk.isDynamicEntry) rows.push([key, kb(new Set([...files(key)].filter((file) => !first.has(file)))), FURTHER_KB]);
}
let over = false;
for (const [name, weighs, most] of rows.sort((a, b) => b[1] - a[1])) {
  over ||= weighs > most;
  process.stdout.write(`portal: ${name.padEnd(34)} ${weighs.toFixed(1).padStart(6)} kB of ${most}${weighs > most ? "  OVER" : ""}\n`);
}
process.exit(over ? 1 : 0);
