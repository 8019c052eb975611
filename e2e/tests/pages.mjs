// Every page in both languages, at both widths, in both colours: it stands, fits, complains of nothing, and has no barrier.
import assert from "node:assert/strict";
import { test } from "../limited.mjs";
import { ask, barriers, settled, visit } from "../visitor.mjs";

const VARIANTS = [
  { language: "ja", width: 1440, colours: "light" },
  { language: "en", width: 1440, colours: "dark" },
  { language: "ja", width: 390, colours: "dark" },
  { language: "en", width: 390, colours: "light" },
];
const SETTINGS = ["me", "organization", "people", "mail", "outbox", "keys", "exceptions", "lists", "shortcuts"];
const JAPANESE = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;

export function pages(world) {
  for (const variant of VARIANTS) {
    test(`every page stands: ${variant.language}, ${variant.width} px, ${variant.colours}`, async (t) => {
      const visitor = await visit(world, variant);
      const paths = await addresses(visitor);
      for (const [name, path] of Object.entries(paths)) {
        await t.test(name, async () => {
          await visitor.open(path);
          assert.deepEqual(await barriers(visitor.page), []);
          assert.deepEqual(visitor.complaints.splice(0), []);
          const { wide, text } = await visitor.page.evaluate(() => ({ wide: document.documentElement.scrollWidth - document.documentElement.clientWidth, text: menu() }));
          assert.ok(wide <= 0, `${name} is ${wide} px wider than the screen`);
          if (variant.language === "en") assert.doesNotMatch(text, JAPANESE);
        });
      }
      await visitor.close();
    });
  }

  test("a page that is not there says so", async () => {
    const visitor = await visit(world);
    await visitor.page.goto(`${world.base}/nowhere`);
    await visitor.page.getByText("このページはありません。").waitFor();
    await visitor.page.getByRole("navigation", { name: "メインメニュー" }).waitFor();
    await visitor.page.goto(`${world.base}/alerts/01900000-0000-7000-8000-000000000000`);
    await visitor.page.getByRole("alert").getByRole("heading", { level: 1 }).waitFor();
    assert.deepEqual(await barriers(visitor.page), []);
    await visitor.close();
  });

  test("without a session every page leads to the sign-in page and back", async () => {
    const visitor = await visit(world, { signedIn: false });
    await visitor.page.goto(`${world.base}/alerts?verdict=black`);
    await visitor.page.waitForURL((url) => url.pathname === "/sign-in" && url.searchParams.get("next") === "/alerts?verdict=black");
    await settled(visitor.page);
    assert.deepEqual(await barriers(visitor.page), []);
    await visitor.close();
  });
}

/** One address a page, with ids that the desk knows. */
async function addresses(visitor) {
  await visitor.page.addInitScript(() => {
    // Texts that the console itself wrote: menu, headings of tables and panels, buttons.
    globalThis.menu = () => [...document.querySelectorAll('nav a, [role="columnheader"], th[scope="col"], label, legend')].map((element) => element.textContent).join("\n");
  });
  await visitor.open("/duty");
  await requested(visitor);
  const [alerts, cases, endpoints, rules, requests] = await Promise.all(["/alerts?verdict=black", "/cases", "/endpoints", "/rules", "/requests"].map((path) => ask(visitor, path)));
  const first = (list) => encodeURIComponent(list.items[0]?.id);
  return {
    duty: "/duty",
    alerts: "/alerts",
    alert: `/alerts/${first(alerts)}`,
    cases: "/cases",
    case: `/cases/${first(cases)}`,
    classification: `/cases/${first(cases)}?tab=classification`,
    requests: "/requests",
    request: `/requests/${first(requests)}`,
    "request edited": `/requests/${first(requests)}?edit=1`,
    call: "/requests/new",
    "call of a request": `/requests/new?request=${first(requests)}`,
    endpoints: "/endpoints",
    endpoint: `/endpoints/${first(endpoints)}`,
    hunt: `/hunt?run=1&sql=${encodeURIComponent("SELECT time, host, event_id, process_image FROM events WHERE process_image IS NOT NULL ORDER BY time DESC LIMIT 50")}`,
    rules: "/rules",
    rule: `/rules/${first(rules)}`,
    ...Object.fromEntries(SETTINGS.map((tab) => [`settings ${tab}`, `/settings?tab=${tab}`])),
  };
}

/** A drill brings no requests: one is written down. */
async function requested(visitor) {
  const { total } = await ask(visitor, "/requests");
  if (total > 0) return;
  const { organizations } = await ask(visitor, "/me");
  await visitor.page.evaluate(
    (body) => fetch("/api/v1/requests", { method: "POST", headers: { "Content-Type": "application/json", "X-Hikeshi": "1" }, body }),
    JSON.stringify({ org: organizations[0].id, channel: "mail", form: { service: "emergency", request: "Files cannot be opened." }, signs: ["ransom_note"], sensitive: true }),
  );
}
