// What comes in while somebody looks: an alert appears in the open list, most urgent first, each with its reason. And what people say of its
// endpoint: whether its protection blocks, whether it serves customers, that it is out of service.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "../limited.mjs";
import { ask, barriers, settled, visit } from "../visitor.mjs";

const HOST = "SV-LIVE01";

export function live(world) {
  const real = process.env.HIKESHI_FIXTURE !== "1";
  let alert;

  /** A product's key, made as an operator does. */
  async function keyOf(visitor) {
    const org = (await ask(visitor, "/me")).organizations[0].id;
    return (await post(visitor, "/api-keys", { org, name: "live-av" })).key;
  }

  async function raise(key, id, host) {
    const body = { id, host, detected_at: new Date(Date.now() - 60_000).toISOString(), source_kind: "endpoint", product: "AV", name: `Trojan:Test.${id}`, action: "detected", file: { path: "C:\\Users\\y\\Downloads\\live.exe", sha256: Buffer.from(host).toString("hex").padEnd(64, "0") } };
    const response = await fetch(`${world.base}/api/v1/alerts`, { method: "POST", headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" }, body: JSON.stringify(body) });
    assert.equal(response.status, 201);
    return (await response.json()).id;
  }

  /** The rows of the open list, from the top. */
  const rowsOf = (page) =>
    page.locator('[role="row"][data-index]').evaluateAll((rows) => rows.sort((a, b) => Number(a.dataset.index) - Number(b.dataset.index)).map((row) => row.textContent ?? ""));

  /** Waits until the list shows the server's alerts in the server's order, each with the reason of its urgency. */
  async function ordered(visitor) {
    const end = Date.now() + 60_000;
    for (;;) {
      const { items } = await ask(visitor, "/alerts?state=open&sort=urgency");
      const rows = await rowsOf(visitor.page);
      const same = rows.length === items.length && items.every(({ name, host, urgency }, place) => [name, host, urgency.reason].every((text) => rows[place].includes(text)));
      if (same) return items;
      if (Date.now() > end) assert.deepEqual(rows, items.map(({ name, host, urgency }) => [name, host, urgency.reason]));
      await visitor.page.waitForTimeout(100);
    }
  }

  /** Posts as this person does. */
  const post = ({ page }, path, body) =>
    page.evaluate(
      async ([url, sent]) => (await fetch(url, { method: "POST", headers: { "Content-Type": "application/json", "X-Hikeshi": "1" }, body: JSON.stringify(sent) })).json(),
      [`/api/v1${path}`, body],
    );

  // covers: S1-19
  test("an alert that comes in appears in the open list, most urgent first, with the reason", { skip: !real }, async () => {
    const visitor = await visit(world);
    const { page } = visitor;
    await visitor.open("/alerts");
    const key = await keyOf(visitor);
    const before = await ordered(visitor);
    alert = await raise(key, "1", HOST);
    await page.getByRole("button", { name: /^新着 [1-9]\d* 件$/ }).click();
    await page.getByRole("row").filter({ hasText: HOST }).waitFor();
    // Its triage is told as well: the row changes where it stands, without anybody's asking again.
    await page.waitForFunction(async (id) => (await (await fetch(`/api/v1/alerts/${id}`)).json()).alert.state === "reported", alert, { polling: 200 });
    await page.getByRole("row").filter({ hasText: HOST }).getByText("グレー", { exact: true }).waitFor();
    await page.reload();
    await settled(page);
    const items = await ordered(visitor);
    assert.equal(items.length, before.length + 1);
    const ranks = items.map(({ urgency }) => urgency.rank);
    assert.deepEqual(ranks, [...ranks].sort((a, b) => a - b), "the most urgent stands first");
    assert.ok(new Set(items.map(({ urgency }) => urgency.reason)).size > 1, "they are not all of one urgency");
    await visitor.close();
  });

  // covers: S3-22, S3-23, S3-31
  test("the alert says whether the file could run, and that its clock of two hours was met", { skip: !real }, async () => {
    const visitor = await visit(world);
    const { page } = visitor;
    await visitor.open(`/alerts/${alert}`);
    const header = page.locator("article > header");
    await header.getByText("未確認 — 実行可能でした").waitFor();
    const clock = header.getByRole("button", { name: "期限内" });
    await clock.click();
    await page.getByText("この時刻になる理由").waitFor();
    await page.getByText(/2 時間を加える/).waitFor();
    const endpoint = (await ask(visitor, `/endpoints?q=${HOST}`)).items[0];
    for (const [mode, words] of [["ブロック", "ブロック — 実行不可でした"], ["非ブロック", "非ブロック — 実行可能でした"]]) {
      await visitor.open(`/endpoints/${endpoint.id}`);
      await page.getByText(mode, { exact: true }).click();
      await page.getByRole("button", { name: "保存する" }).click();
      await page.getByText("端末の情報を保存しました。").first().waitFor();
      await visitor.open(`/alerts/${alert}`);
      await header.getByText(words, { exact: true }).waitFor();
    }
    await visitor.close();
  });

  // covers: S4-82
  test("an endpoint is said to serve customers, goes out of service with a reason, and comes back", { skip: !real }, async () => {
    const visitor = await visit(world);
    const { page } = visitor;
    await visitor.open("/endpoints");
    const { id } = (await ask(visitor, `/endpoints?q=${HOST}`)).items[0];
    await visitor.open(`/endpoints/${id}`);
    await page.getByRole("checkbox", { name: "顧客向けのサービスに使われている" }).check();
    await page.getByRole("button", { name: "保存する" }).click();
    await page.getByText("端末の情報を保存しました。").waitFor();
    await page.locator("header").getByText("顧客向けサービス").waitFor();
    await page.getByRole("button", { name: "利用終了にする" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "利用終了にする" }).click();
    await dialog.getByText("理由を入力してください。").waitFor();
    await dialog.getByRole("textbox").fill("11 月 20 日に廃棄");
    assert.deepEqual(await barriers(page), []);
    await dialog.getByRole("button", { name: "利用終了にする" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("region", { name: "利用状況" }).getByText(/11 月 20 日に廃棄/).waitFor();
    assert.deepEqual(await barriers(page), []);
    await visitor.open(`/endpoints?q=${HOST}`);
    await page.getByRole("row").filter({ hasText: HOST }).getByText("利用終了").waitFor();
    await visitor.open(`/endpoints/${id}`);
    await page.getByRole("button", { name: "利用中に戻す" }).click();
    await page.getByText("利用中に戻しました。").waitFor();
    const { serves, retired } = await ask(visitor, `/endpoints/${id}`);
    assert.deepEqual([serves, retired], [true, null]);
    assert.deepEqual(visitor.complaints, []);
    await visitor.close();
  });

  test("several judged cases are closed with one reason", { skip: !real }, async () => {
    const visitor = await visit(world);
    const { page } = visitor;
    await visitor.open("/duty");
    const key = await keyOf(visitor);
    const titles = [];
    for (const host of ["PC-LIVE11", "PC-LIVE12"]) {
      const id = await raise(key, host, host);
      await page.waitForFunction(async (of) => (await (await fetch(`/api/v1/alerts/${of}`)).json()).triage !== null, id, { polling: 200 });
      // Triage may save its next look at the same moment: then a person asks again.
      let opened;
      while (opened === undefined) opened = (await post(visitor, `/alerts/${id}/case`, {})).case;
      let of;
      for (let conflict = true; conflict; ) {
        of = (await ask(visitor, `/cases/${opened}`)).case;
        const { error } = await post(visitor, `/cases/${opened}/classification`, { type: "B-1", severity: 2, flows: ["prevent"], expected_version: of.version });
        conflict = error?.kind === "conflict";
        assert.ok(error === undefined || conflict, JSON.stringify(error));
      }
      titles.push(of.title);
    }
    visitor.complaints.splice(0);
    await visitor.open("/cases");
    for (const title of titles) await page.getByRole("row").filter({ hasText: title }).getByRole("checkbox").check();
    await page.getByRole("button", { name: "2 件を終了する" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "2 件を終了する" }).click();
    await dialog.getByText("理由を入力してください。").waitFor();
    await dialog.getByRole("textbox").fill("訓練用の検体でした。");
    assert.deepEqual(await barriers(page), []);
    await dialog.getByRole("button", { name: "2 件を終了する" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByText("インシデント 2 件を終了しました。").waitFor();
    for (const title of titles) await page.getByRole("row").filter({ hasText: title }).waitFor({ state: "detached" });
    assert.deepEqual(visitor.complaints, []);
    await visitor.close();
  });
}
