// Two people do the same thing at once: the second sees what the first did beside their own, and chooses.
// Assigning is in people.mjs, judging a case in day.mjs.
import { test } from "../limited.mjs";
import { ask, visit } from "../visitor.mjs";

const VERDICTS = { black: "ブラック", grey: "グレー", white: "ホワイト" };

export function conflicts(world) {
  const real = process.env.HIKESHI_FIXTURE !== "1";

  /** Two people who look at the same page; news of what the other does reach neither. */
  async function together(path) {
    const both = await Promise.all([visit(world), visit(world)]);
    await both[0].open("/duty");
    const address = await path(both[0]);
    for (const each of both) {
      await each.page.route("**/api/v1/live", (route) => route.abort());
      await each.open(address);
    }
    return both;
  }

  /** Types the reason and presses the dialog's button. */
  async function give({ page }, reason, act) {
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox", { name: "理由" }).fill(reason);
    await dialog.getByRole("button", { name: act }).click();
  }

  test("two people change a verdict at once: the second sees both, and may keep their own", { skip: !real }, async () => {
    let alert;
    const [one, two] = await together(async (visitor) => {
      alert = (await ask(visitor, "/alerts")).items[0];
      return `/alerts/${alert.id}`;
    });
    const [first, second] = Object.keys(VERDICTS).filter((verdict) => verdict !== alert.verdict);
    for (const [visitor, verdict] of [[one, first], [two, second]]) {
      await visitor.page.getByRole("button", { name: "判定を変える" }).click();
      await visitor.page.getByRole("dialog").getByText(new RegExp(`^${VERDICTS[verdict]} —`)).click();
    }
    await give(one, "一人目が利用者に確認しました。", `判定を${VERDICTS[first]}にする`);
    await one.page.getByText("判定を変更しました。").waitFor();
    await give(two, "二人目が記録を調べました。", `判定を${VERDICTS[second]}にする`);
    const both = two.page.getByRole("alert");
    await both.getByText(/一人目が利用者に確認しました。/).waitFor();
    await both.getByText("二人目が記録を調べました。").waitFor();
    await both.getByRole("button", { name: "自分の入力で上書きする" }).click();
    await two.page.getByRole("dialog").waitFor({ state: "detached" });
    await two.page.locator("header").getByText(VERDICTS[second]).first().waitFor();
    await Promise.all([one.close(), two.close()]);
  });

  test("two people close an alert at once: the second sees that it is closed", { skip: !real }, async () => {
    const [one, two] = await together(async (visitor) => `/alerts/${(await ask(visitor, "/alerts?state=open")).items[0].id}`);
    for (const { page } of [one, two]) {
      await page.getByRole("button", { name: "その他の操作" }).click();
      await page.getByRole("menuitem", { name: "終了する" }).click();
    }
    await give(one, "情報システム部の作業です。", "1 件を終了する");
    await one.page.getByText("1 件を終了しました。").waitFor();
    await give(two, "再現しませんでした。", "1 件を終了する");
    const both = two.page.getByRole("alert");
    await both.getByText(/: 終了$/).waitFor();
    await both.getByText("再現しませんでした。").waitFor();
    await both.getByRole("button", { name: "最新を採用する" }).click();
    await two.page.getByRole("dialog").waitFor({ state: "detached" });
    await one.page.getByRole("button", { name: "元に戻す" }).click();
    await Promise.all([one.close(), two.close()]);
  });

  test("two people close a case at once: the second reads the first one's reason", { skip: !real }, async () => {
    const [one, two] = await together(async (visitor) => `/cases/${(await ask(visitor, "/cases?state=handling")).items[0].id}`);
    for (const { page } of [one, two]) await page.getByRole("button", { name: "インシデントを終了する" }).click();
    await give(one, "端末を初期化し、再発防止策を決めました。", "インシデントを終了する");
    await one.page.getByText("インシデントを終了しました。").waitFor();
    await give(two, "対応が終わりました。", "インシデントを終了する");
    const both = two.page.getByRole("alert");
    await both.getByText(/端末を初期化し、再発防止策を決めました。/).waitFor();
    await both.getByText("対応が終わりました。").waitFor();
    await both.getByRole("button", { name: "最新を採用する" }).click();
    await two.page.getByRole("dialog").waitFor({ state: "detached" });
    await two.page.getByText(/が終了/).first().waitFor();
    await Promise.all([one.close(), two.close()]);
  });
}
