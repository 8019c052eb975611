// A person at a screen: signed in, with a language, a width and a taste in colours. What the page complains of is collected.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export async function visit(world, { language = "ja", width = 1440, colours = "light", signedIn = true } = {}) {
  const context = await world.browser.newContext({
    ...(signedIn ? { storageState: world.session } : {}),
    viewport: { width, height: 900 },
    colorScheme: colours,
    locale: language,
    reducedMotion: "reduce",
    acceptDownloads: true,
  });
  await context.addInitScript((chosen) => {
    if (localStorage.getItem("hikeshi.language") === null) localStorage.setItem("hikeshi.language", chosen);
  }, language);
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of 40[14]/.test(message.text())) complaints.push(message.text());
  });
  const open = async (path) => {
    await page.goto(`${world.base}${path}`);
    await settled(page);
  };
  return { page, context, complaints, open, close: () => closed(context) };
}

/** Chromium may never answer the close of a context that is just going somewhere; the browser's own end takes it along. */
function closed(context) {
  return Promise.race([context.close(), new Promise((resolve) => setTimeout(resolve, 5_000).unref())]);
}

/** The page has its heading and shows no grey lines any more. */
export async function settled(page) {
  await page.locator("h1").first().waitFor();
  await page.waitForFunction(() => document.querySelector('[role="status"] > [class*="line"]') === null);
}

/** Waits until the number of what `locator` finds is as `wanted` says, and gives it: a page may still be drawing. */
export async function counts(locator, wanted, meaning) {
  const end = Date.now() + 15_000;
  for (;;) {
    const found = await locator.count();
    if (wanted(found)) return found;
    if (Date.now() > end) throw new Error(`${meaning}: found ${found}`);
    await locator.page().waitForTimeout(50);
  }
}

/** What axe finds against WCAG 2.2 A and AA, one line each. */
export async function barriers(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  return found.violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${violation.help} — ${node.target.join(" ")} ${node.any[0]?.message ?? ""}`));
}

/** Asks the server as this person does. */
export async function ask(visitor, path) {
  return visitor.page.evaluate(async (url) => (await fetch(url, { headers: { Accept: "application/json" } })).json(), `/api/v1${path}`);
}
