// The main jobs done without a mouse: a verdict, the judgement of a case, a comment, a hunt, an API key. Tab, arrows, Space and Enter only.
import { test } from "../limited.mjs";
import { ask, settled, visit } from "../visitor.mjs";

const FAR = 160;
const real = process.env.HIKESHI_FIXTURE !== "1";

export function keyboardWork(world) {
  // covers: S3-27
  test("the keyboard alone: a verdict is changed, its case is commented and judged", { skip: !real }, async () => {
    const visitor = await visit(world);
    const { page } = visitor;
    await visitor.open("/alerts");
    const id = await raised(visitor);
    await visitor.open(`/alerts/${id}`);
    await press(page, page.getByRole("button", { name: "判定を変える" }));
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox", { name: "理由" }).and(page.locator(":focus")).waitFor();
    await page.keyboard.type("業務の作業ではないと電話で確認しました。");
    await reach(page, dialog.getByRole("radio", { checked: true }), "Shift+Tab");
    await page.keyboard.press("Home");
    await reach(page, dialog.getByRole("button", { name: /^判定を.+にする$/ }));
    await page.keyboard.press("Enter");
    await dialog.waitFor({ state: "detached" });
    // A black verdict opens a case by itself.
    await press(page, page.getByRole("link", { name: "インシデントへ" }));
    await page.waitForURL((url) => /^\/cases\/.+/.test(url.pathname));
    await settled(page);
    await reach(page, page.getByRole("textbox", { name: "コメント" }));
    await page.keyboard.type("利用者は席におらず、折り返しを待っています。");
    await press(page, page.getByRole("button", { name: "投稿する" }));
    await page.getByRole("listitem").getByText("利用者は席におらず、折り返しを待っています。").waitFor();
    await press(page, page.getByRole("button", { name: "分類を判断する" }), "Shift+Tab");
    await press(page, page.getByRole("button", { name: /^Lv2、B-1/ }), "Tab", " ");
    await reach(page, page.getByRole("textbox", { name: "判断の理由" }));
    await page.keyboard.type("1 台で止まり、影響はありません。");
    await press(page, page.getByRole("button", { name: "B-1 × Lv2 と判断する" }));
    await page.getByText("分類を記録しました。").waitFor();
    await visitor.close();
  });

  test("the keyboard alone: a hunt is written and run, an API key is made", { skip: !real }, async () => {
    const visitor = await visit(world, { language: "en" });
    const { page } = visitor;
    await visitor.open("/duty");
    await page.keyboard.press("g");
    await page.keyboard.press("h");
    await page.waitForURL((url) => url.pathname === "/hunt");
    await settled(page);
    await reach(page, page.locator("main textarea"));
    await page.keyboard.type("SELECT host, count(*) AS n FROM events GROUP BY host ORDER BY n DESC LIMIT 5");
    await page.keyboard.press("Control+Enter");
    await page.getByText(/^5 rows$/).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").getByRole("combobox").and(page.locator(":focus")).waitFor();
    await page.keyboard.type("API keys");
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname === "/settings" && url.searchParams.get("tab") === "keys");
    await reach(page, page.getByRole("textbox", { name: "Name" }));
    await page.keyboard.type("made by keyboard");
    await press(page, page.getByRole("button", { name: "Make an API key" }));
    await page.getByRole("cell", { name: "made by keyboard", exact: true }).first().waitFor();
    await visitor.close();
  });
}

/** Goes on by `key` until the focus stands on what `locator` finds; a visible ring shows where it is. */
async function reach(page, locator, key = "Tab") {
  await locator.first().waitFor({ state: "attached" });
  for (let step = 0; step < FAR; step += 1) {
    if ((await locator.and(page.locator(":focus")).count()) > 0) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${FAR} times ${key} did not lead to ${locator}`);
}

async function press(page, locator, key = "Tab", act = "Enter") {
  await reach(page, locator, key);
  await page.keyboard.press(act);
}

/** An alert of this test's own, as a product sends it. */
async function raised(visitor) {
  const org = (await ask(visitor, "/me")).organizations[0].id;
  return visitor.page.evaluate(
    async ([organization, detected_at]) => {
      const post = (url, headers, body) => fetch(url, { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) }).then((answer) => answer.json());
      const { key } = await post("/api/v1/api-keys", { "X-Hikeshi": "1" }, { org: organization, name: "keyboard-av" });
      const alert = { id: `keyboard-${detected_at}`, host: "PC-KEYS01", detected_at, source_kind: "endpoint", product: "AV", name: "Trojan:Test.keyboard", action: "detected", file: { path: "C:\\Users\\y\\Downloads\\keys.exe" } };
      return (await post("/api/v1/alerts", { Authorization: `Bearer ${key}` }, alert)).id;
    },
    [org, new Date(Date.now() - 60_000).toISOString()],
  );
}
