// The main jobs with the keyboard alone.
import assert from "node:assert/strict";
import { test } from "../limited.mjs";
import { counts, settled, visit } from "../visitor.mjs";

export function keyboard(world) {
  test("the keyboard alone: go to the alerts, pick one, open it, come back", async () => {
    const visitor = await visit(world);
    const { page } = visitor;
    await visitor.open("/duty");
    await page.keyboard.press("g");
    await page.keyboard.press("a");
    await page.waitForURL((url) => url.pathname === "/alerts");
    await page.locator('[role="row"][data-index="0"]').waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    await page.locator('[role="row"][data-index="0"][data-selected="true"]').waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    await page.locator('[role="row"][data-index="0"] a:focus').first().waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => /^\/alerts\/.+/.test(url.pathname));
    await settled(page);
    await page.goBack();
    await page.waitForURL((url) => url.pathname === "/alerts");
    await visitor.close();
  });

  test("the palette goes anywhere, the search finds, ? lists the keys", async () => {
    const visitor = await visit(world, { language: "en" });
    const { page } = visitor;
    await visitor.open("/duty");
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").getByRole("combobox").and(page.locator(":focus")).waitFor();
    await page.keyboard.type("hunt");
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname === "/hunt");
    await page.getByRole("heading", { name: "Hunt" }).waitFor();
    await page.keyboard.press("Shift+?");
    await page.getByRole("dialog").getByText("Go anywhere, do anything").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("/");
    await page.getByRole("combobox", { name: "Search" }).waitFor();
    await visitor.close();
  });

  test("the process tree moves by arrows and folds by Space", async () => {
    const visitor = await visit(world);
    const { page } = visitor;
    await visitor.open("/alerts?verdict=black");
    await page.locator('[role="row"] a').first().click();
    const tree = page.getByRole("tree");
    await tree.waitFor();
    const all = await counts(tree.getByRole("treeitem"), (n) => n > 1, "the black alert has a tree");
    const parent = tree.locator('[role="treeitem"][aria-expanded="true"]').first();
    await parent.focus();
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.searchParams.get("sel")?.startsWith("node.") ?? false);
    await page.keyboard.press(" ");
    await tree.locator('[role="treeitem"][aria-expanded="false"]').first().waitFor();
    await counts(tree.getByRole("treeitem"), (n) => n < all, "a folded node hides its children");
    await visitor.close();
  });
}
