// The queue and the call sheet: a call is taken by keyboard alone, the queue says on a phone why each request stands where it stands.
import assert from "node:assert/strict";
import { test } from "../limited.mjs";
import { ask, barriers, counts, settled, visit } from "../visitor.mjs";

const real = process.env.HIKESHI_FIXTURE !== "1";
const FAR = 80;

export function requests(world) {
  // covers: S0-36, S0-38, S0-55, S0-56, S0-67, S2-8, S2-9
  test("a call by keyboard alone, from the queue to the request taken", { skip: !real }, async () => {
    const visitor = await visit(world, { language: "en" });
    const { page } = visitor;
    await visitor.open("/duty");
    const { org } = await retained(visitor);
    await presses(page, ["g", "q"], "/requests");
    await settled(page);
    await presses(page, ["n"], "/requests/new");
    await focused(page, page.getByRole("combobox", { name: "Organisation" }).or(page.getByRole("textbox", { name: "Organisation" })));
    await page.keyboard.type(org.name.slice(0, 4));
    await page.getByRole("option", { name: org.name }).waitFor();
    await page.keyboard.press("Enter");
    // With its organisation the request is there, and the address names it.
    await page.waitForURL((url) => url.searchParams.has("request"));
    const id = new URL(page.url()).searchParams.get("request");
    await page.getByText(/^Retainer RT-E2E/).first().waitFor();
    await focused(page, page.getByRole("textbox", { name: /^Caller's name/ }));
    // Nobody has said a name yet: the word alone is not written down.
    await page.keyboard.press("Control+e");
    await page.getByText("Write down first who said so.").waitFor();
    await page.keyboard.type("Tanaka Kenichi");
    await page.keyboard.press("Tab");
    await page.keyboard.type("03-5550-0142");
    await page.keyboard.press("Control+e");
    await page.locator("header").getByText("EMERGENCY").waitFor();
    assert.equal((await ask(visitor, `/requests/${id}`)).request.clocks[0].duty, "first_answer");
    await press(page, page.getByRole("button", { name: "Verified by agreed word" }));
    await page.getByText("Tanaka Kenichi, by agreed word").waitFor();
    await press(page, page.getByRole("checkbox", { name: /ransom note/ }), " ");
    await reach(page, page.getByRole("textbox", { name: /^What is asked/ }));
    await page.keyboard.type("Files on the order server cannot be opened.");
    await page.keyboard.press("Tab");
    await page.keyboard.type("a note in English");
    await page.locator("blockquote").getByText("You said: “Files on the order server cannot be opened”.").waitFor();
    await press(page, page.getByRole("checkbox", { name: /memory/ }), " ");
    await page.getByRole("status").getByText("Saved", { exact: true }).waitFor();
    // What is written survives a reload.
    await page.reload();
    await settled(page);
    assert.equal(await page.getByRole("textbox", { name: /^What is asked/ }).inputValue(), "Files on the order server cannot be opened.");
    assert.ok(await page.getByRole("checkbox", { name: /memory/ }).isChecked(), "what was ticked is still ticked");
    assert.deepEqual(await barriers(page), []);
    await page.keyboard.press("Control+Enter");
    await page.waitForURL((url) => url.pathname === `/requests/${id}`);
    await settled(page);
    const taken = await ask(visitor, `/requests/${id}`);
    const me = await ask(visitor, "/me");
    assert.equal(taken.request.assignee.id, me.person.id);
    assert.equal(taken.request.rank, "retainer_emergency");
    assert.deepEqual([taken.signs, taken.form.indicators, taken.verified.proof], [["ransom_note"], "a note in English", "agreed_word"]);
    assert.match(taken.comments[0].text, /memory/);
    assert.deepEqual(await barriers(page), []);
    assert.deepEqual(visitor.complaints, []);
    await visitor.close();
  });

  // covers: S0-52, S0-54, S0-55, S2-10, S2-11
  test("the queue on a phone, in Japanese: why, what is missing, taken with one tap, its clock paused, ended", { skip: !real }, async () => {
    const visitor = await visit(world, { width: 390 });
    const { page } = visitor;
    await visitor.open("/duty");
    const { org, reference } = await retained(visitor);
    const made = await post(visitor, "/requests", { org: org.id, channel: "hotline", form: { ...EMPTY, service: "emergency", request: "共有フォルダーのファイルが開けない", contact: { ...EMPTY.contact, name: "鈴木 由美子" } } });
    const number = made.request.reference;
    await post(visitor, `/requests/${made.request.id}/declare`, { priority: "emergency", who: "鈴木 由美子", channel: "hotline" });
    // The duty page tells of it without being asked.
    const { total } = await ask(visitor, "/requests?state=unended");
    const strip = page.getByRole("region", { name: /待っているリクエスト/ });
    await strip.getByRole("link", { name: `${total} 件をすべて見る` }).waitFor();
    await strip.getByText("EMERGENCY").first().waitFor();
    await visitor.open("/requests?assignee=none");
    const card = page.locator("[data-index]").filter({ hasText: number });
    await card.getByText(`リテイナー契約(${reference})の緊急対応：割り当て順位 1`).waitFor();
    await card.getByText(/鈴木 由美子 が ?電話で EMERGENCY と申告/).waitFor();
    await card.getByText(/^不足: .*業務への影響/).waitFor();
    await card.getByText(/残り/).click();
    await page.getByText("この時刻になる理由").waitFor();
    await page.keyboard.press("Escape");
    await page.getByText("この時刻になる理由").waitFor({ state: "hidden" });
    assert.deepEqual(await barriers(page), []);
    await card.getByRole("button", { name: `${number} を担当する` }).click();
    await page.getByText(`${number} の担当になりました。`).waitFor();
    await counts(card, (n) => n === 0, "what is taken is no longer among those of nobody");
    await visitor.open(`/requests/${made.request.id}`);
    await page.getByRole("button", { name: "最初の回答: 一時停止する" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "一時停止する" }).click();
    await dialog.getByText("理由を入力してください").waitFor();
    await dialog.getByRole("textbox", { name: "理由" }).fill("顧客からのログを待っている");
    await dialog.getByRole("button", { name: "一時停止する" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByText(/継続中: 顧客からのログを待っている/).waitFor();
    assert.deepEqual(await barriers(page), []);
    await page.getByRole("button", { name: "完了にする", exact: true }).first().click();
    await dialog.getByRole("combobox", { name: "結果" }).selectOption("no_incident");
    await dialog.getByRole("textbox", { name: "依頼元に伝える内容" }).fill("バックアップの処理と確認しました。");
    await dialog.getByRole("button", { name: "完了にする" }).click();
    await page.getByText("インシデントなし").first().waitFor();
    assert.equal((await ask(visitor, `/requests/${made.request.id}`)).request.ended.outcome, "no_incident");
    assert.deepEqual(visitor.complaints, []);
    await visitor.close();
  });

  test("two people write one request: other items stay, of the same item both are shown", { skip: !real }, async () => {
    const visitor = await visit(world);
    const { page } = visitor;
    await visitor.open("/duty");
    const { org } = await retained(visitor);
    const made = await post(visitor, "/requests", { org: org.id, channel: "mail", form: { ...EMPTY, service: "inquiry" } });
    const { id } = made.request;
    await visitor.open(`/requests/${id}?edit=1`);
    const field = page.getByRole("textbox", { name: /^リクエスト内容/ });
    await field.fill("報告書の読み方を知りたい");
    await page.getByRole("status").getByText("保存済み").waitFor();
    const { request } = await ask(visitor, `/requests/${id}`);
    const theirs = { form: { ...EMPTY, service: "inquiry", request: "報告書を英語でほしい", contact: { ...EMPTY.contact, email: "k@example.jp" } }, expected_version: request.version };
    await Promise.all([field.fill("報告書の読み方と、用語集がほしい"), put(visitor, `/requests/${id}`, theirs)]);
    await page.getByText("他の人が先に更新しました。").waitFor();
    await page.getByText("報告書を英語でほしい").waitFor();
    await page.getByRole("button", { name: "自分の入力で上書きする" }).click();
    await page.getByRole("status").getByText("保存済み").waitFor();
    const { form } = await ask(visitor, `/requests/${id}`);
    assert.deepEqual([form.request, form.contact.email], ["報告書の読み方と、用語集がほしい", "k@example.jp"]);
    await visitor.close();
  });
}

const EMPTY = {
  organization: null,
  sites: [],
  contact: { name: null, phone_primary: null, phone_secondary: null, email: null },
  service: null,
  urgency: null,
  state: null,
  indicators: null,
  business_impact: null,
  request: null,
  scoping_call: null,
};

/** The first organisation with a retainer of these tests' own. */
async function retained(visitor) {
  const org = (await ask(visitor, "/me")).organizations[0];
  const { items } = await ask(visitor, `/organizations/${org.id}/retainers`);
  const reference = "RT-E2E";
  if (items.length === 0) await post(visitor, `/organizations/${org.id}/retainers`, { reference, from: "2020-04-01", until: "2099-03-31", services: ["emergency", "proactive", "inquiry"], hours: 40, terms: { first_answer: "elapsed:2" }, note: "" });
  return { org, reference };
}

function post(visitor, path, body) {
  return sent(visitor, "POST", path, body);
}

function put(visitor, path, body) {
  return sent(visitor, "PUT", path, body);
}

function sent(visitor, method, path, body) {
  return visitor.page.evaluate(
    async ([how, url, text]) => {
      const answer = await fetch(url, { method: how, headers: { "Content-Type": "application/json", "X-Hikeshi": "1" }, body: text });
      if (!answer.ok) throw new Error(`${how} ${url}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    },
    [method, `/api/v1${path}`, JSON.stringify(body)],
  );
}

/** Keys that lead to an address. A sequence counts only while it is fresh: on a machine that is busy it is pressed again. */
async function presses(page, keys, path) {
  for (let times = 0; times < 5; times += 1) {
    for (const key of keys) await page.keyboard.press(key);
    const there = await page.waitForFunction((wanted) => location.pathname === wanted, path, { timeout: 4_000 }).catch(() => null);
    if (there !== null) return;
  }
  throw new Error(`${keys.join(" ")} did not lead to ${path}`);
}

/** Waits until the focus stands on what `locator` finds. */
function focused(page, locator) {
  return locator.and(page.locator(":focus")).first().waitFor();
}

async function reach(page, locator) {
  await locator.first().waitFor({ state: "attached" });
  for (let step = 0; step < FAR; step += 1) {
    if ((await locator.and(page.locator(":focus")).count()) > 0) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`${FAR} times Tab did not lead to ${locator}`);
}

async function press(page, locator, act = "Enter") {
  await reach(page, locator);
  await page.keyboard.press(act);
}
