// Pictures of every page: 1440 and 390 pixels, Japanese and English, light and dark, and what differs from the pictures kept in `looks`.
// `npm run shots -- FOLDER [FILTER]`; FILTER: a part of a picture's name. The desk is the tests' own (`desk.mjs` says how to name another one).
// HIKESHI_WRITE_LOOKS=1 keeps the pictures instead of comparing them.
import { mkdir } from "node:fs/promises";
import { openBrowser, signIn } from "./browser.mjs";
import { openDesk } from "./desk.mjs";
import { openLooks, plain } from "./looks.mjs";
import { settled } from "./visitor.mjs";

const [folder = "shots", filter = ""] = process.argv.slice(2);
const { base, link, close } = await openDesk();
const browser = await openBrowser();
const compare = await openLooks(browser, process.env.HIKESHI_WRITE_LOOKS === "1");
let unlike = 0;
await mkdir(folder, { recursive: true });
const first = await (await browser.newContext()).newPage();
await signIn(first, link);
const state = await first.context().storageState();
const ask = async (path) => (await first.request.get(`${base}/api/v1${path}`)).json();
const alertOf = async (verdict) => `/alerts/${(await ask(`/alerts?verdict=${verdict}`)).items[0]?.id}`;
const black = await alertOf("black");
const grey = await alertOf("grey");
const incident = `/cases/${(await ask("/cases")).items[0]?.id}`;
const endpoint = (await ask("/endpoints")).items.sort((a, b) => b.alerts_open - a.alerts_open)[0]?.id;
const rule = (await ask("/rules")).items[0]?.id;
const request = `/requests/${await requested()}`;
const NOBODY = "01900000-0000-7000-8000-000000000000";
const hunt = (sql) => `/hunt?sql=${encodeURIComponent(sql)}&run=1`;
const events = "SELECT time, host, event_id, process_image, process_command_line, network_dst_ip\nFROM events\nWHERE process_image IS NOT NULL\nORDER BY time DESC\nLIMIT 300";

const press = (name) => (page) => page.getByRole("button", { name }).first().click();
const pressed = (...names) => async (page) => {
  for (const name of names) await press(name)(page);
};
const choose = (button, item) => async (page) => {
  await press(button)(page);
  await page.getByRole("menuitem", { name: item }).first().click();
};

/** The live channel breaks off. */
const lost = async (page) => {
  await page.route("**/api/v1/live", (route) => route.abort());
  await page.reload();
  await page.getByText(/サーバーに接続できません|The server cannot be reached/).waitFor();
};

/** What a picture shows: where to go, what to do there, whether nobody is signed in, whether it is taken whole after the act, whether only wide. */
const pages = {
  "sign-in": { path: "/sign-in", stranger: true },
  "sign-in-link": { path: "/sign-in#token=0000", stranger: true },
  invitation: { path: "/sign-in#invitation=0000", stranger: true },
  "not-found": { path: "/nowhere" },
  duty: { path: "/duty" },
  alerts: { path: "/alerts" },
  "alerts-empty": { path: "/alerts?q=nothing-has-this-name" },
  "alerts-bulk": { path: "/alerts", act: (page) => page.getByRole("checkbox", { name: /すべて選択|Select all/ }).check() },
  // On a phone rows are cards: there are no columns to choose.
  "alerts-columns": { path: "/alerts", act: press(/^(列|Columns)$/), wide: true },
  "alerts-views": { path: "/alerts", act: press(/保存した表示|Saved views/) },
  "alerts-lost": { path: "/alerts", act: lost },
  "alert-black": { path: black },
  "alert-grey": { path: grey },
  "alert-white": { path: await alertOf("white") },
  "alert-override": { path: grey, act: press(/判定を変える|Change the verdict/) },
  "alert-more": { path: grey, act: press(/その他の操作|More actions/) },
  "alert-case": { path: grey, act: press(/インシデントを開く|Open a case/) },
  "alert-close": { path: grey, act: choose(/その他の操作|More actions/, /終了する|Close/) },
  requests: { path: "/requests" },
  "requests-empty": { path: "/requests?q=nothing-has-this-name" },
  request: { path: request },
  "request-edit": { path: `${request}?edit=1` },
  "request-clock": { path: request, act: press(/一時停止する$|Pause$/) },
  "request-end": { path: request, act: press(/^(完了にする|End the request)$/) },
  "request-new": { path: "/requests/new" },
  "request-call": { path: `/requests/new?request=${request.split("/").at(-1)}` },
  "alert-answer": { path: grey, act: press(/回答を記録する|Write an answer down/) },
  "alert-report": { path: grey, act: press(/形式と言語を選ぶ|form and language/) },
  "alert-term": { path: grey, act: (page) => page.getByRole("button", { name: /^(動作モード|Protection mode)$/ }).focus() },
  "alert-unknown": { path: grey, act: (page) => page.keyboard.press("u"), whole: true },
  "alert-missing": { path: `/alerts/${NOBODY}` },
  "case-missing": { path: `/cases/${NOBODY}` },
  "endpoint-missing": { path: `/endpoints/${NOBODY}` },
  cases: { path: "/cases" },
  "cases-empty": { path: "/cases?state=closed" },
  case: { path: incident },
  classification: { path: `${incident}?tab=classification` },
  endpoints: { path: "/endpoints" },
  "endpoints-empty": { path: "/endpoints?q=nothing-has-this-name" },
  endpoint: { path: `/endpoints/${endpoint}` },
  hunt: { path: "/hunt" },
  "hunt-result": { path: hunt(events) },
  "hunt-none": { path: hunt("SELECT time FROM events WHERE host = 'nowhere'") },
  "hunt-error": { path: hunt("SELECT colour FROM events") },
  rules: { path: "/rules" },
  "rules-empty": { path: "/rules?q=nothing-has-this-name" },
  rule: { path: `/rules/${rule}` },
  palette: { path: "/duty", act: (page) => page.keyboard.press("Control+k") },
  keys: { path: "/duty", act: (page) => page.keyboard.press("?") },
  person: { path: "/duty", act: pressed(/^(自分|You)/) },
  ...Object.fromEntries(["me", "organization", "people", "mail", "outbox", "keys", "exceptions", "lists", "jobs", "shortcuts"].map((tab) => [`settings-${tab}`, { path: `/settings?tab=${tab}` }])),
};

/** A drill brings no requests: a retainer and an emergency under it are written down once. */
async function requested() {
  const known = (await ask("/requests")).items[0]?.id;
  if (known !== undefined) return known;
  const org = (await ask("/me")).organizations[0].id;
  const post = async (path, data) => (await first.request.post(`${base}/api/v1${path}`, { data, headers: { "X-Hikeshi": "1" } })).json();
  await post(`/organizations/${org}/retainers`, { reference: "RT-2026-014", from: "2020-04-01", until: "2099-03-31", services: ["emergency", "proactive", "inquiry"], hours: 40, terms: { first_answer: "elapsed:200" }, note: "" });
  const contact = { name: "田中 健一", phone_primary: "03-5550-0142" };
  const form = { organization: "はなみ商会", contact, service: "emergency", state: "ongoing", request: "受注サーバーのファイルがすべて開けない。英語の脅迫文がある。" };
  const made = await post("/requests", { org, channel: "hotline", form, signs: ["ransom_note"] });
  await post(`/requests/${made.request.id}/declare`, { priority: "emergency", who: contact.name, channel: "hotline" });
  await post(`/requests/${made.request.id}/verify`, { proof: "call_back", who: contact.name });
  return made.request.id;
}

const variants = [
  { language: "ja", width: 1440, colours: "light" },
  { language: "en", width: 1440, colours: "dark" },
  { language: "ja", width: 390, colours: "dark" },
  { language: "en", width: 390, colours: "light" },
];
for (const { language, width, colours } of variants) {
  const viewport = { width, height: width > 500 ? 900 : 844 };
  const open = async (storageState) => {
    const context = await browser.newContext({ storageState, viewport, colorScheme: colours, locale: language, reducedMotion: "reduce" });
    await context.addInitScript((chosen) => localStorage.setItem("hikeshi.language", chosen), language);
    context.setDefaultTimeout(5_000);
    return context.newPage();
  };
  const member = await open(state);
  const stranger = await open();
  for (const [name, { path, act, stranger: outside, whole, wide: onlyWide }] of Object.entries(pages)) {
    const picture = `${name}-${language}-${width}-${colours}`;
    if (!picture.includes(filter) || (onlyWide && width < 500)) continue;
    const page = outside ? stranger : member;
    await page.goto("about:blank");
    await page.goto(`${base}${path}`);
    await settled(page).catch(() => process.stderr.write(`${picture}: never came to rest\n`));
    await page.evaluate(() => document.fonts.ready);
    await page.waitForTimeout(300);
    await act?.(page).catch((error) => process.stderr.write(`${picture}: ${String(error.message).split("\n")[0]}\n`));
    if (act) await page.waitForTimeout(400);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 0) process.stderr.write(`${picture}: ${wide} px wider than the window\n`);
    await page.unroute("**/api/v1/live");
    await plain(page);
    const wrong = await compare(picture, await page.screenshot({ timeout: 120_000, path: `${folder}/${picture}.png`, fullPage: whole ?? !act, animations: "disabled", caret: "hide" }));
    if (wrong === null) continue;
    unlike += 1;
    process.stderr.write(`${picture}: ${wrong}\n`);
  }
  await member.context().close();
  await stranger.context().close();
}
await browser.close();
await close();
process.exitCode = unlike === 0 ? 0 : 1;
