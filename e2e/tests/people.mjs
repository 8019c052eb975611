// People: one is invited, sets a password, reads, and is let out again. And what a reader looks up: a rule.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "../limited.mjs";
import { ask, barriers, counts, settled, visit } from "../visitor.mjs";

const PASSWORD = "ゆっくり急げと祖母が言った";

export function people(world) {
  const real = process.env.HIKESHI_FIXTURE !== "1";

  test("a person is invited, sets a password and reads; then nobody is let in under that name", { skip: !real }, async () => {
    const operator = await visit(world);
    const { page } = operator;
    await operator.open("/settings?tab=people");
    const form = page.getByRole("region", { name: "利用者を招待する" });
    await form.getByRole("textbox", { name: "名前" }).fill("山田 花子");
    await form.getByRole("textbox", { name: "メールアドレス" }).fill("hanako@example.jp");
    await form.getByRole("combobox", { name: "役割" }).selectOption("reader");
    await form.getByRole("button", { name: "利用者を招待する" }).click();
    const link = (await page.getByRole("status").locator("code").textContent()) ?? "";
    assert.match(link, /\/sign-in#invitation=[0-9a-f]{64}$/);

    const reader = await visit(world, { signedIn: false });
    await reader.page.goto(link);
    await settled(reader.page);
    assert.doesNotMatch(reader.page.url(), /invitation/, "the secret stays in no history entry");
    assert.deepEqual(await barriers(reader.page), []);
    await reader.page.getByLabel("新しいパスワード").fill(PASSWORD + PASSWORD);
    await reader.page.getByRole("button", { name: "パスワードを設定してサインインする" }).click();
    await reader.page.waitForURL((url) => url.pathname === "/duty");
    assert.deepEqual((await ask(reader, "/me")).person.roles, ["reader"]);
    await reader.open("/settings");
    await counts(reader.page.getByRole("link", { name: "利用者" }), (n) => n === 0, "a reader manages nobody");

    const again = await visit(world, { signedIn: false });
    await again.page.goto(link);
    await again.page.getByLabel("新しいパスワード").fill(PASSWORD + PASSWORD);
    await again.page.getByRole("button", { name: "パスワードを設定してサインインする" }).click();
    await again.page.getByRole("alert").getByText("この招待リンクは使用済みか").waitFor();
    await again.page.getByLabel("メールアドレス").fill("hanako@example.jp");
    await again.page.getByLabel("パスワード", { exact: true }).fill(PASSWORD + PASSWORD);
    await again.page.getByRole("button", { name: "サインインする" }).click();
    await again.page.waitForURL((url) => url.pathname === "/duty");

    await operator.open("/settings?tab=people");
    await page.getByRole("button", { name: "山田 花子 の操作" }).click();
    await page.getByRole("menuitem", { name: "無効にする" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox").fill("11 月末で退職");
    await dialog.getByRole("button", { name: "山田 花子 を無効にする" }).click();
    await dialog.waitFor({ state: "detached" });
    await reader.page.reload();
    await reader.page.waitForURL((url) => url.pathname === "/sign-in");
    await settled(reader.page);
    await Promise.all([operator.close(), reader.close(), again.close()]);
  });

  test("a second factor is set up by its key, asked for, and a recovery code lets in once", { skip: !real }, async () => {
    const operator = await visit(world);
    await operator.open("/settings?tab=people");
    const form = operator.page.getByRole("region", { name: "利用者を招待する" });
    await form.getByRole("textbox", { name: "名前" }).fill("岡本 直樹");
    await form.getByRole("textbox", { name: "メールアドレス" }).fill("naoki@example.jp");
    await form.getByRole("combobox", { name: "役割" }).selectOption("analyst");
    await form.getByRole("button", { name: "利用者を招待する" }).click();
    const link = (await operator.page.getByRole("status").locator("code").textContent()) ?? "";

    const visitor = await visit(world, { signedIn: false });
    const { page } = visitor;
    await page.goto(link);
    await page.getByLabel("新しいパスワード").fill(PASSWORD + PASSWORD);
    await page.getByRole("button", { name: "パスワードを設定してサインインする" }).click();
    await page.waitForURL((url) => url.pathname === "/duty");
    await visitor.open("/settings");
    const factor = page.getByRole("region", { name: "二要素認証" });
    await factor.getByRole("button", { name: "二要素認証を設定する" }).click();
    await factor.getByRole("img", { name: "認証アプリ用の QR コード" }).waitFor();
    assert.deepEqual(await barriers(page), []);
    const key = (await factor.locator("code").textContent()) ?? "";
    await factor.getByRole("textbox", { name: "コード" }).fill(totp(key, -1));
    await factor.getByRole("button", { name: "有効にする" }).click();
    const recovery = (await factor.getByRole("listitem").first().textContent()) ?? "";
    assert.match(recovery, /^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/);
    await factor.getByRole("button", { name: "控えました" }).click();
    await factor.getByText("リカバリーコードの残りは 10 個です。").waitFor();

    const again = await visit(world, { signedIn: false });
    await again.page.goto(`${world.base}/sign-in`);
    await again.page.getByLabel("メールアドレス").fill("naoki@example.jp");
    await again.page.getByLabel("パスワード", { exact: true }).fill(PASSWORD + PASSWORD);
    await again.page.getByRole("button", { name: "サインインする" }).click();
    const code = again.page.getByLabel("認証コード");
    await code.fill("000000");
    await again.page.getByRole("button", { name: "サインインする" }).click();
    await again.page.getByRole("alert").getByText("コードのどれかが違うか").waitFor();
    assert.deepEqual(await barriers(again.page), []);
    await code.fill(recovery);
    await again.page.getByRole("button", { name: "サインインする" }).click();
    await again.page.waitForURL((url) => url.pathname === "/duty");
    assert.equal((await ask(again, "/me")).person.recovery_codes, 9);

    await operator.open("/settings?tab=people");
    await operator.page.getByRole("button", { name: "岡本 直樹 の操作" }).click();
    await operator.page.getByRole("menuitem", { name: "二要素認証を解除する" }).click();
    const dialog = operator.page.getByRole("dialog");
    await dialog.getByRole("textbox").fill("携帯電話の紛失。内線で本人を確認");
    await dialog.getByRole("button", { name: "二要素認証を解除する" }).click();
    await dialog.waitFor({ state: "detached" });
    await again.page.reload();
    await again.page.waitForURL((url) => url.pathname === "/sign-in");
    await Promise.all([operator.close(), visitor.close(), again.close()]);
  });

  test("two people assign at once: the second sees both choices", { skip: !real }, async () => {
    const [one, two] = await Promise.all([visit(world), visit(world)]);
    await one.open("/duty");
    const id = (await ask(one, "/alerts")).items[0].id;
    for (const each of [one, two]) {
      await each.page.route("**/api/v1/live", (route) => route.abort());
      await each.open(`/alerts/${id}`);
    }
    const assign = async ({ page }, name) => {
      await page.getByRole("button", { name: "担当", exact: false }).first().click();
      await page.getByRole("menuitem", { name }).click();
    };
    await assign(one, "自分が担当する");
    await one.page.getByText("担当を変更しました。").waitFor();
    await assign(two, "自分が担当する");
    const both = two.page.getByRole("alert");
    await both.getByText("サーバーの最新").waitFor();
    await both.getByRole("button", { name: "最新を採用する" }).click();
    await both.waitFor({ state: "detached" });
    await Promise.all([one.close(), two.close()]);
  });

  test("a rule is read as it was written, from the alert that it matched", { skip: !real }, async () => {
    const visitor = await visit(world);
    const { page } = visitor;
    await visitor.open("/alerts?verdict=black");
    await page.locator('[role="row"] a').first().click();
    await page.getByRole("region", { name: "一致したルール" }).getByRole("link").first().click();
    await page.waitForURL((url) => url.pathname.startsWith("/rules/"));
    const text = page.getByRole("region", { name: "ルールの本文" }).locator("pre");
    await text.getByText("detection:").waitFor();
    assert.match((await text.textContent()) ?? "", /^title: /m);
    await page.getByText("Apache-2.0").first().waitFor();
    await visitor.close();
  });
}

/** The code that an authenticator app shows for a key, so many steps of half a minute from now (RFC 6238). */
function totp(key, steps) {
  const bits = [...key].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const secret = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const hash = createHmac("sha1", secret).update(counter).digest();
  const number = hash.readUInt32BE(hash[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}
