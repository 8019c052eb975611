// Pictures of every page: 1440 and 390 pixels, Japanese and English, light and dark. `npm run shots -- URL FOLDER [FILTER]`.
// The desk at URL must be signed in to by HIKESHI_LINK, or be the console's fixture server.
import { mkdir } from "node:fs/promises";
import { openBrowser, signIn } from "./browser.mjs";

const [base = "http://127.0.0.1:4173", folder = "shots", filter = ""] = process.argv.slice(2);
const link = process.env.HIKESHI_LINK ?? `${base}/sign-in#token=fixture`;

const browser = await openBrowser();
await mkdir(folder, { recursive: true });
const first = await (await browser.newContext()).newPage();
await signIn(first, link);
const state = await first.context().storageState();
const ask = async (path) => (await first.request.get(`${base}/api/v1${path}`)).json();
const alert = (await ask("/alerts?verdict=black")).items[0]?.id;
const incident = (await ask("/cases")).items[0]?.id;
const endpoint = (await ask("/endpoints")).items[0]?.id;
const rule = (await ask("/rules")).items[0]?.id;
const sql = encodeURIComponent("SELECT time, host, event_id, process_image, process_command_line, network_dst_ip\nFROM events\nWHERE process_image IS NOT NULL\nORDER BY time DESC\nLIMIT 300");
const pages = {
  "sign-in": "/sign-in",
  duty: "/duty",
  alerts: "/alerts",
  alert: `/alerts/${alert}`,
  cases: "/cases",
  case: `/cases/${incident}`,
  classification: `/cases/${incident}?tab=classification`,
  endpoints: "/endpoints",
  endpoint: `/endpoints/${endpoint}`,
  hunt: "/hunt",
  "hunt-result": `/hunt?sql=${sql}&run=1`,
  rules: "/rules",
  rule: `/rules/${rule}`,
  ...Object.fromEntries(["me", "organization", "people", "mail", "outbox", "keys", "exceptions", "jobs", "shortcuts"].map((tab) => [`settings-${tab}`, `/settings?tab=${tab}`])),
};

const variants = [
  { language: "ja", width: 1440, colours: "light" },
  { language: "en", width: 1440, colours: "dark" },
  { language: "ja", width: 390, colours: "dark" },
  { language: "en", width: 390, colours: "light" },
];
for (const { language, width, colours } of variants) {
  const context = await browser.newContext({ storageState: state, viewport: { width, height: width > 500 ? 900 : 844 }, colorScheme: colours, locale: language });
  await context.addInitScript((chosen) => localStorage.setItem("hikeshi.language", chosen), language);
  const page = await context.newPage();
  for (const [name, path] of Object.entries(pages)) {
    if (!`${name}-${language}-${width}-${colours}`.includes(filter)) continue;
    await page.goto(`${base}${path}`);
    await page.waitForLoadState("load");
    await page.waitForTimeout(900);
    await page.screenshot({ timeout: 120_000, path: `${folder}/${name}-${language}-${width}-${colours}.png`, fullPage: true });
  }
  await context.close();
}
await browser.close();
