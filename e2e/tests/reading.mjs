// What helps to read: the unknown folded, terms explained, lists that fit a phone, the way back from what is not there.
import assert from "node:assert/strict";
import { test } from "../limited.mjs";
import { ask, barriers, counts, settled, visit } from "../visitor.mjs";

const real = process.env.HIKESHI_FIXTURE !== "1";
const NOBODY = "01900000-0000-7000-8000-000000000000";

export function reading(world) {
  test("of what is not known the weightiest stands open, `u` opens the rest, paper shows all", { skip: !real }, async () => {
    const visitor = await visit(world);
    const { page } = visitor;
    await visitor.open("/duty");
    const id = (await ask(visitor, "/alerts?verdict=grey")).items[0]?.id ?? (await ask(visitor, "/alerts?verdict=white&state=")).items[0].id;
    await visitor.open(`/alerts/${id}`);
    const { unknown } = (await ask(visitor, `/alerts/${id}`)).triage;
    const reasons = [...new Set(unknown.map(({ reason }) => reason))];
    assert.ok(reasons.length > 3, "the drill leaves more than three things unknown");
    await page.getByRole("heading", { name: `確認できなかったこと ${reasons.length} 件` }).waitFor();
    const shown = () => page.locator("#unknown > li").evaluateAll((items) => items.filter((item) => item.offsetParent !== null).map((item) => item.textContent.trim()));
    assert.deepEqual(await shown(), reasons.slice(0, 3));
    await page.emulateMedia({ media: "print" });
    assert.equal((await shown()).length, reasons.length);
    await page.emulateMedia({ media: "screen" });
    await page.keyboard.press("u");
    await page.getByRole("button", { name: /主なものだけ表示/, expanded: true }).waitFor();
    assert.deepEqual(await shown(), reasons);
    assert.deepEqual(await barriers(page), []);
    await visitor.close();
  });

  test("a term of the trade tells both languages' words on focus, on pointing and on a tap; Escape takes it away", async () => {
    const visitor = await visit(world, { language: "en" });
    const { page } = visitor;
    await visitor.open("/alerts?state=all");
    await page.locator('[role="row"] a').first().click();
    await settled(page);
    const term = page.getByRole("button", { name: "Flash report", exact: true });
    await term.focus();
    const card = page.getByRole("tooltip");
    await card.getByText("速報レポート").waitFor();
    await card.getByText("due within two hours of receipt").waitFor();
    assert.equal(await term.getAttribute("aria-describedby"), await card.getAttribute("id"), "a screen reader hears it");
    assert.deepEqual(await barriers(page), []);
    await page.keyboard.press("Escape");
    await card.waitFor({ state: "detached" });
    await term.hover();
    await card.getByText("速報レポート").waitFor();
    await visitor.close();
  });

  test("what a link led to is not there: it says so, and the way to the list stands beside it", async () => {
    for (const [language, back] of [["ja", { alerts: "アラートの一覧へ", cases: "インシデントの一覧へ", endpoints: "端末の一覧へ", rules: "ルールの一覧へ" }], ["en", { cases: "To the list of cases" }]]) {
      const visitor = await visit(world, { language });
      const { page } = visitor;
      for (const [list, link] of Object.entries(back)) {
        await visitor.open(`/${list}/${NOBODY}`);
        await page.getByRole("alert").getByRole("heading", { level: 1 }).waitFor();
        await page.getByRole("alert").getByRole("link", { name: link }).click();
        await page.waitForURL((url) => url.pathname === `/${list}`);
      }
      await visitor.close();
    }
  });

  test("an endpoint lists its alerts and its cases, and leads to them by keyboard", { skip: !real }, async () => {
    const visitor = await visit(world, { width: 390 });
    const { page } = visitor;
    await visitor.open("/endpoints");
    const [of] = (await ask(visitor, "/cases?state=")).items;
    const { id } = (await ask(visitor, `/endpoints?q=${of.hosts[0]}`)).items[0];
    await visitor.open(`/endpoints/${id}`);
    const cases = page.getByRole("region", { name: "インシデント" });
    await cases.getByRole("link", { name: new RegExp(of.reference) }).waitFor();
    const alerts = page.getByRole("region", { name: "アラート" }).getByRole("listitem");
    await counts(alerts, (n) => n > 0, "its alerts");
    assert.deepEqual(await barriers(page), []);
    await page.keyboard.press("j");
    await alerts.first().locator("a:focus").waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => /^\/alerts\/.+/.test(url.pathname));
    await visitor.close();
  });

  test("settings tables fit a phone: each cell names its column", { skip: !real }, async () => {
    const visitor = await visit(world, { width: 390 });
    const { page } = visitor;
    for (const [tab, column] of [["people", "役割"], ["outbox", "宛先"]]) {
      await visitor.open(`/settings?tab=${tab}`);
      await page.locator("main table tbody tr").first().waitFor();
      const seen = await page.locator("main table").evaluate((table) => ({
        wider: table.parentElement.scrollWidth - table.parentElement.clientWidth,
        names: [...table.querySelectorAll("tbody tr:first-child td")].map((cell) => getComputedStyle(cell, "::before").content),
      }));
      assert.ok(seen.wider <= 0, `${tab} scrolls sideways by ${seen.wider} px`);
      assert.ok(seen.names.includes(`"${column}"`), `${tab}: ${seen.names}`);
    }
    await visitor.close();
  });

  test("a rule in another language says that its words are the author's", { skip: !real }, async () => {
    const visitor = await visit(world);
    const { page } = visitor;
    await visitor.open("/rules");
    await page.locator('[role="row"] a').first().click();
    await page.getByRole("region", { name: "このルールが見るもの" }).getByText("原文（英語）").first().waitFor();
    await page.locator('section p[lang="en"]').first().waitFor();
    await visitor.close();
  });

  test("cards of the duty page are gone through by j and k, and opened", async () => {
    const visitor = await visit(world);
    const { page } = visitor;
    await visitor.open("/duty");
    await page.locator("article a").first().waitFor();
    await page.keyboard.press("j");
    await page.locator("article a:focus").waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => /^\/(alerts|cases)\/.+/.test(url.pathname));
    await visitor.close();
  });
}
