// Reference lists: one is brought as a file, tells what it holds and what could not be used, and is taken away with a reason.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "../limited.mjs";
import { ask, barriers, counts, visit } from "../visitor.mjs";

const FILE = ["# made by hand", "ab".repeat(32), "evil.example", "203.0.113.9", "this is no indicator", ""].join("\r\n");

const WORDS = {
  ja: {
    upload: "参照リストを登録する",
    name: "名前",
    source: "出所",
    taken: "3 件を登録しました。次の 1 行は使えませんでした。",
    close: "閉じる",
    row: /悪性.*3 件.*使えない行 1 件/,
    remove: (name) => `参照リスト ${name} を削除する`,
    act: "削除する",
    reason: "理由",
    missing: "理由を入力してください",
  },
  en: {
    upload: "Upload a list",
    name: "Name",
    source: "Source",
    taken: "3 entries taken. These lines (1) could not be used:",
    close: "Close",
    row: /Known bad.*3.*1 lines not used/,
    remove: (name) => `Remove the list ${name}`,
    act: "Remove",
    reason: "Reason",
    missing: "Please give a reason.",
  },
};

export function lists(world) {
  const real = process.env.HIKESHI_FIXTURE !== "1";

  for (const [language, width] of [["ja", 390], ["en", 1440]]) {
    test(`a list is uploaded, counted and taken away (${language}, ${width} px)`, { skip: !real }, async () => {
      const words = WORDS[language];
      const name = `watch-${width}`;
      const visitor = await visit(world, { language, width });
      const { page } = visitor;
      await visitor.open("/settings?tab=lists");
      await page.getByRole("button", { name: words.upload }).click();
      const dialog = page.getByRole("dialog");
      await dialog.locator('input[type="file"]').setInputFiles({ name: "watch.txt", mimeType: "text/plain", buffer: Buffer.from(FILE) });
      await dialog.getByLabel(words.name).fill(name);
      await dialog.getByLabel(words.source).fill("CSIRT");
      await dialog.getByRole("button", { name: words.upload }).click();
      await dialog.getByText(words.taken).waitFor();
      assert.match(await dialog.textContent(), /5/, "the line is named");
      assert.deepEqual(await barriers(page), []);
      await dialog.getByRole("button", { name: words.close, exact: true }).last().click();
      await dialog.waitFor({ state: "detached" });

      const row = page.getByRole("row").filter({ hasText: name });
      assert.match((await row.textContent()).replaceAll(/\s+/g, " "), words.row);
      const shown = (await ask(visitor, "/lists")).items.find((list) => list.name === name);
      assert.deepEqual([shown.entries, shown.rejected], [3, 1]);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth), false, "the page does not scroll sideways");

      await row.getByRole("button", { name: words.remove(name) }).click();
      const sure = page.getByRole("dialog");
      await sure.getByRole("button", { name: words.act, exact: true }).click();
      await sure.getByText(words.missing).waitFor();
      assert.equal((await ask(visitor, "/lists")).items.some((list) => list.name === name), true, "nothing goes without a reason");
      await sure.getByRole("textbox", { name: words.reason }).fill("test");
      await sure.getByRole("button", { name: words.act, exact: true }).click();
      await sure.waitFor({ state: "detached" });
      await counts(page.getByRole("row").filter({ hasText: name }), (found) => found === 0, "the list is gone");
      assert.equal((await ask(visitor, "/lists")).items.some((list) => list.name === name), false);
      assert.deepEqual(visitor.complaints, []);
      await visitor.close();
    });
  }
}
