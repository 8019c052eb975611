// How fast the console is in a person's hands: first view on a cold cache, acts, a list of many rows, weight of the first view.
// Runs the release build on a folder of its own: `node bench/console/run.mjs [ALERTS]` (10000). Prints lines for bench/README.md.
// HIKESHI_BINARY names another binary.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { openBrowser, signIn } from "../../e2e/browser.mjs";

const ALERTS = Number(process.argv[2] ?? 10_000);
const target = process.env.CARGO_TARGET_DIR ?? join(homedir(), ".cache/hikeshi/target");
const binary = process.env.HIKESHI_BINARY ?? join(target, "release/hikeshi");
const ROUNDS = 10;

const data = await mkdtemp(join(tmpdir(), "hikeshi-console-"));
const desk = spawn(binary, ["serve", "--data", data, "--listen", "127.0.0.1:0", "--drill", "company-week"], { stdio: ["ignore", "pipe", "pipe"] });
const browser = await openBrowser();
try {
  const link = await started();
  const base = new URL(link).origin;
  const session = await enter(base, link);
  const filled = await fill(base, session);
  console.log(`alerts received and triaged one by one: ${ALERTS} in ${filled.seconds.toFixed(0)} s; in the list: ${filled.total}`);
  await firstViews(base, session);
  await acts(base, session);
  await scrolls(base, session);
} finally {
  await browser.close();
  desk.kill("SIGTERM");
  await new Promise((resolve) => desk.once("exit", resolve));
  await rm(data, { recursive: true, force: true });
}

function started() {
  return new Promise((resolve, reject) => {
    let text = "";
    const read = (chunk) => {
      text += chunk.toString("utf8");
      const link = /https?:\/\/\S+#token=\S+/.exec(text);
      if (link !== null && /Drill `company-week` loaded/.test(text)) resolve(link[0]);
    };
    desk.stdout.on("data", read);
    desk.stderr.on("data", read);
    desk.once("error", reject);
    desk.once("exit", () => reject(new Error(`the desk ended; it printed:\n${text}`)));
  });
}

async function enter(base, link) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await signIn(page, link);
  const session = await context.storageState();
  await context.close();
  return session;
}

/** Alerts of a hundred hosts by the same route that products use, until the list holds them all. */
async function fill(base, session) {
  const context = await browser.newContext({ storageState: session });
  const page = await context.newPage();
  await page.goto(`${base}/duty`);
  const key = await page.evaluate(async () => {
    const { organizations } = await (await fetch("/api/v1/me")).json();
    const body = JSON.stringify({ name: "bench", org: organizations.find(({ drill }) => drill)?.id ?? organizations[0].id });
    return (await (await fetch("/api/v1/api-keys", { method: "POST", headers: { "Content-Type": "application/json", "X-Hikeshi": "1" }, body })).json()).key;
  });
  const began = performance.now();
  let next = 0;
  const send = async () => {
    while (next < ALERTS) {
      const number = next++;
      const detected = new Date(Date.now() - (ALERTS - number) * 1_000).toISOString();
      const alert = { id: `bench-${number}`, host: `PC-${String(number % 100).padStart(3, "0")}.bench.example`, detected_at: detected, source_kind: "endpoint", product: "AV", name: `Trojan:Win32/Bench.${number}`, action: "detected", file: { path: `C:\\Users\\user\\Downloads\\bench${number}.exe` } };
      for (;;) {
        const answer = await fetch(`${base}/api/v1/alerts`, { method: "POST", headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" }, body: JSON.stringify(alert) });
        await answer.arrayBuffer();
        if (answer.ok) break;
        if (answer.status !== 429 && answer.status !== 503) throw new Error(`an alert was answered by ${answer.status}`);
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, send));
  const total = await page.evaluate(async () => (await (await fetch("/api/v1/alerts?limit=1")).json()).total);
  const seconds = (performance.now() - began) / 1_000;
  await context.close();
  return { total, seconds };
}

async function idOfBlack(base, session) {
  const context = await browser.newContext({ storageState: session });
  const found = await (await context.request.get(`${base}/api/v1/alerts?verdict=black`)).json();
  await context.close();
  return found.items[0].id;
}

function line(what, values) {
  const median = [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
  console.log(`${what}: median ${median.toFixed(0)} ms, slowest ${Math.max(...values).toFixed(0)} ms of ${values.length}`);
}

/** A browser that has never been here: from the address to the page's own content, fonts included. */
async function firstViews(base, session) {
  const black = await idOfBlack(base, session);
  const places = { duty: ["/duty", "main article, main section"], "list of alerts": ["/alerts", '[role="row"][data-index="0"]'], "black alert": [`/alerts/${black}`, '[role="tree"]'] };
  for (const [name, [path, content]] of Object.entries(places)) {
    const times = [];
    let bytes = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const context = await browser.newContext({ storageState: session, locale: "ja", viewport: { width: 1440, height: 900 } });
      const page = await context.newPage();
      bytes = 0;
      const client = await context.newCDPSession(page);
      await client.send("Network.enable");
      client.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
      const began = performance.now();
      await page.goto(`${base}${path}`, { waitUntil: "commit" });
      await page.locator(content).first().waitFor();
      await page.evaluate(() => document.fonts.ready.then(() => new Promise(requestAnimationFrame)));
      times.push(performance.now() - began);
      await context.close();
    }
    line(`first view, cold cache, ${name} (${(bytes / 1024).toFixed(0)} KiB over the wire)`, times);
  }
}

/** The browser's own measure of an interaction: from the input to the next picture on the screen. */
async function acts(base, session) {
  const context = await browser.newContext({ storageState: session, locale: "ja", viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    globalThis.inputs = [];
    new PerformanceObserver((list) => globalThis.inputs.push(...list.getEntries().filter(({ interactionId }) => interactionId > 0).map(({ name, duration }) => ({ name, duration })))).observe({ type: "event", durationThreshold: 16, buffered: true });
  });
  const measure = async (name, act) => {
    await page.evaluate(() => (globalThis.inputs.length = 0));
    for (let round = 0; round < ROUNDS; round += 1) {
      await act(round);
      await page.waitForTimeout(150);
    }
    const durations = await page.evaluate(() => globalThis.inputs.map(({ duration }) => duration));
    // What took less than 16 ms is not reported by the browser.
    console.log(`${name}: ${durations.length === 0 ? "under 16 ms each" : `slowest ${Math.max(...durations)} ms`} of ${ROUNDS}`);
  };
  await page.goto(`${base}/alerts`);
  await page.locator('[role="row"][data-index="0"]').waitFor();
  await measure("next row (j)", () => page.keyboard.press("j"));
  await measure("select a row (x)", () => page.keyboard.press("x"));
  await measure("select all rows shown", () => page.getByRole("checkbox", { name: "表示中の行をすべて選択" }).click());
  await measure("palette, open and close", async (round) => page.keyboard.press(round % 2 === 0 ? "Control+k" : "Escape"));
  await measure("sort by a column", () => page.getByRole("columnheader", { name: "受信" }).getByRole("button").click());
  const search = page.getByRole("textbox", { name: "検知名、端末、ハッシュ、パス" }).or(page.getByPlaceholder("検知名、端末、ハッシュ、パス"));
  await search.first().click();
  await measure("type into the filter", (round) => page.keyboard.type("bench.123 "[round] ?? "1"));
  await page.goto(`${base}/alerts/${await idOfBlack(base, session)}`);
  await page.getByRole("tree").waitFor();
  const tabs = page.getByRole("tab");
  await measure("open a section of a black alert", (round) => tabs.nth(round % 8).click());
  const reasons = page.getByRole("region", { name: "判定の根拠" }).getByRole("button");
  await measure("select a reason: tree, timeline and sections mark it", async (round) => reasons.nth(round % (await reasons.count())).click());
  await context.close();
}

/** Scrolls to the end of the list, a screen's third a frame, and counts the frames that came late. */
async function scrolls(base, session) {
  const context = await browser.newContext({ storageState: session, locale: "ja", viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(`${base}/alerts?sort=newest`);
  await page.locator('[role="row"][data-index="0"]').waitFor();
  const told = await page.evaluate(async () => {
    const scroller = document.querySelector('[role="table"]').parentElement;
    const frames = [];
    let most = 0;
    let still = 0;
    for (let before = performance.now(); still < 180; ) {
      const top = scroller.scrollTop;
      scroller.scrollTop = top + 240;
      const now = await new Promise(requestAnimationFrame);
      frames.push(now - before);
      before = now;
      most = Math.max(most, document.querySelectorAll('[role="row"]').length);
      still = scroller.scrollTop === top ? still + 1 : 0;
    }
    frames.sort((a, b) => a - b);
    const last = [...document.querySelectorAll('[role="row"]')].at(-1).getAttribute("aria-rowindex");
    return { last: Number(last) - 1, frames: frames.length, p50: frames[Math.floor(frames.length * 0.5)], p99: frames[Math.floor(frames.length * 0.99)], late: frames.filter((ms) => ms > 50).length, slowest: frames.at(-1), most };
  });
  console.log(`scroll to row ${told.last}: ${told.frames} frames, median ${told.p50.toFixed(0)} ms, p99 ${told.p99.toFixed(0)} ms, over 50 ms ${told.late}, slowest ${told.slowest.toFixed(0)} ms; at most ${told.most} rows in the page`);
  await context.close();
}
