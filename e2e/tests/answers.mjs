// What the user of an endpoint says is written down on the alert's page, weighed with its author, and contested by the next answer.
import assert from "node:assert/strict";
import { test } from "../limited.mjs";
import { ask, barriers, visit } from "../visitor.mjs";

export function answers(world) {
  const real = process.env.HIKESHI_FIXTURE !== "1";

  async function answer({ page }, said, words) {
    await page.getByRole("button", { name: "回答を記録する" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText(said, { exact: true }).click();
    await dialog.getByRole("textbox", { name: "回答した人" }).fill("営業部 服部さん");
    await dialog.getByRole("textbox", { name: "回答の内容" }).fill(words);
    await dialog.getByRole("button", { name: "回答を記録し、もう一度判定する" }).click();
    await dialog.waitFor({ state: "detached" });
  }

  test("a user's answer becomes a reason of the verdict, and the next answer replaces it", { skip: !real }, async () => {
    const visitor = await visit(world);
    const { page } = visitor;
    await visitor.open("/duty");
    const { items } = await ask(visitor, "/alerts?state=open");
    const { id } = items.find((row) => row.verdict === "grey") ?? items[0];
    await visitor.open(`/alerts/${id}`);
    const reasons = page.getByRole("region", { name: "判定の根拠" });
    await reasons.getByRole("button", { name: /^ほか \d+ 件を表示/ }).click();
    await reasons.getByText(/利用者が意図して保存・実行したものかは確認していません/).waitFor();

    await answer(visitor, "いいえ", "身に覚えがない");
    await reasons.getByText(/利用者に保存・実行の覚えがないとの回答です（回答 営業部 服部さん、記録 .+）: 身に覚えがない/).waitFor();
    assert.equal(await reasons.getByText(/意図して保存・実行したものかは確認していません/).count(), 0);

    await answer(visitor, "はい", "月次集計のため自分で実行した");
    await reasons.getByText(/利用者が意図して保存・実行したとの回答です.+月次集計のため自分で実行した/).waitFor();
    await reasons.locator("del").getByText(/いいえ/).waitFor();
    assert.deepEqual(await barriers(page), []);
    assert.deepEqual(visitor.complaints, []);
    await visitor.close();
  });
}
