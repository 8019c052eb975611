// Fails when the first view of the console weighs more than its budget (gzip): the entry with all it imports at once,
// the Duty page, and the heavier of the two languages. Fonts are fetched piece by piece as characters need them and are listed apart.
import { readFileSync, statSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET = 250 * 1024;
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("manifest.json", dist), "utf8"));

/** Files that a chunk brings with it: its own, its styles, its static imports. */
function files(key, seen = new Set()) {
  const chunk = manifest[key];
  if (chunk === undefined) throw new Error(`the build has no chunk ${key}`);
  if (seen.has(chunk.file)) return seen;
  seen.add(chunk.file);
  for (const style of chunk.css ?? []) seen.add(style);
  for (const inner of chunk.imports ?? []) files(inner, seen);
  return seen;
}

const weigh = (names) => [...names].reduce((sum, name) => sum + gzipSync(readFileSync(new URL(name, dist)), { level: 9 }).length, 0);
const entry = files("index.html");
const page = files("src/pages/duty/DutyPage.tsx", new Set(entry));
const languages = ["ja", "en"].map((language) => files(`src/i18n/${language}/index.ts`, new Set(page)));
const heaviest = Math.max(...languages.map(weigh));
const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
const fonts = Object.values(manifest).filter(({ file }) => file.endsWith(".woff2"));
const fontBytes = fonts.reduce((sum, { file }) => sum + statSync(new URL(file, dist)).size, 0);

console.log(`first view ${kib(heaviest)} gzip of ${kib(BUDGET)}; ${fonts.length} font pieces, ${kib(fontBytes)} in all, fetched as needed`);
if (heaviest > BUDGET) {
  for (const name of page) console.error(`  ${kib(weigh([name]))}  ${name}`);
  console.error("The first view is over its budget: split a page off or drop a dependency.");
  process.exit(1);
}
