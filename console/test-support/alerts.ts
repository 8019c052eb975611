/** A company's alerts: one black, one white, one grey, and a few hundred of ordinary life behind them. */
import type { AlertPage, AlertRow, Language, Page } from "../src/api/types";
import { type Asked, ok, refuse, type Route } from "./answers.ts";
import { ago } from "./clock.ts";
import { field, ORG, OTHER, PERSON } from "./people.ts";
import { triage } from "./triage.ts";

const base: AlertRow = {
  id: "", org: ORG.id, org_name: ORG.name, host: "PC-001", name: "", product: "Microsoft Defender", source_kind: "endpoint", action: "detected", verdict: "white", machine_verdict: "white", score: -45, state: "reported",
  received_at: ago(1000), detected_at: ago(1029), due_at: ago(-6200), reported_at: ago(997), target: "met", urgency: { rank: 50, reason: "" }, assignee: null, case: null, repeat_of: null, repeats: 0, drill: true, image: null, block_mode: "non_block", version: 3,
};
export const CASE = { id: "01JCASE0000000000000000001", title: "PC-014: invoice_8841.docm" };

const say = (language: Language, ja: string, en: string) => (language === "ja" ? ja : en);
const closed = new Set<string>();
const changed = new Map<string, Partial<AlertRow>>();

export function rows(language: Language): AlertRow[] {
  const first: AlertRow[] = [
    { ...base, id: "01JALERT000000000000000001", host: "PC-014", name: "Trojan:Win32/Macropayload.A!ml", verdict: "black", machine_verdict: "black", score: 142, assignee: PERSON, case: CASE, repeats: 2, image: "C:\\Users\\tanaka\\AppData\\Roaming\\svch0st.exe", urgency: { rank: 1, reason: say(language, "明らかな脅威。実行を止めていない", "Clear threat that was not stopped") } },
    { ...base, id: "01JALERT000000000000000003", host: "SV-FILE01", name: "HackTool:Win32/PsExec", verdict: "grey", machine_verdict: "grey", score: 18, target: "running", reported_at: null, due_at: ago(-900), received_at: ago(6300), image: "C:\\Tools\\PsExec64.exe", urgency: { rank: 2, reason: say(language, "期限まで 15 分。サーバー", "15 minutes left; a server") } },
    { ...base, id: "01JALERT000000000000000002", host: "PC-022", name: "Program:Win32/Contebrew.A!ml", action: "quarantined", score: -62, block_mode: "block", image: "C:\\Program Files\\Kaikei\\KaikeiUpdate.exe", urgency: { rank: 30, reason: say(language, "過検知の可能性が高い", "Probably an over-detection") } },
  ];
  const more = Array.from({ length: 420 }, (_, index): AlertRow => {
    const verdict = index % 13 === 0 ? "grey" : index % 97 === 5 ? "black" : "white";
    const received = 7200 + index * 1380;
    return { ...base, id: `01JALERT00000000000000${String(1000 + index)}`, org: index % 3 ? ORG.id : OTHER.id, org_name: index % 3 ? ORG.name : OTHER.name, drill: index % 3 !== 0, host: `PC-${String(1 + (index % 60)).padStart(3, "0")}`, name: ["PUA:Win32/Presenoker", "Behavior:Win32/SuspCopy.B", "Trojan:Script/Wacatac.B!ml", "ET POLICY Outbound DNS over HTTPS", "HackTool:Win32/AutoKMS"][index % 5] ?? "", verdict, machine_verdict: verdict, score: verdict === "white" ? -40 - (index % 30) : verdict === "grey" ? index % 50 : 70, received_at: ago(received), detected_at: ago(received + 30), due_at: ago(received - 7200), reported_at: ago(received - 20), target: index % 41 === 3 ? "missed" : "met", state: index % 4 === 0 ? "closed" : "reported", assignee: index % 5 === 0 ? PERSON : null, urgency: { rank: 40, reason: say(language, "通常", "Ordinary") } };
  });
  return [...first, ...more].map((row) => ({ ...row, ...changed.get(row.id), ...(closed.has(row.id) ? { state: "closed" as const } : {}) }));
}

function list(asked: Asked) {
  const of = (name: string) => asked.query.get(name);
  const q = of("q")?.toLowerCase();
  const state = of("state");
  const fitting = rows(asked.language).filter(
    (row) =>
      (of("org") === null || row.org === of("org")) &&
      (state === null || (state === "closed") === (row.state === "closed")) &&
      (of("verdict") === null || row.verdict === of("verdict")) &&
      (of("host") === null || row.host === of("host")) &&
      (of("assignee") === null || (of("assignee") === "none" ? row.assignee === null : row.assignee !== null)) &&
      (q === undefined || `${row.name} ${row.host}`.toLowerCase().includes(q)),
  );
  const sort = of("sort");
  if (sort !== null) {
    const key = sort.replace("-", "") === "host" ? "host" : sort.endsWith("score") ? "score" : "received_at";
    fitting.sort((a, b) => (String(a[key]).localeCompare(String(b[key]), "en", { numeric: true })) * (sort.startsWith("-") ? -1 : 1));
  }
  const from = Number(of("cursor") ?? 0);
  const to = from + Number(of("limit") ?? 100);
  return ok({ items: fitting.slice(from, to), next_cursor: to < fitting.length ? String(to) : null, total: fitting.length } satisfies Page<AlertRow>);
}

function one(asked: Asked, id: string) {
  const row = rows(asked.language).find((each) => each.id === id);
  if (row === undefined) return refuse(404, "not_found", "no such alert");
  const t = (ja: string, en: string) => say(asked.language, ja, en);
  const black = row.verdict === "black" || row.machine_verdict === "black";
  const full = triage(asked.language);
  const page: AlertPage = {
    alert: row,
    raised: { id: "MDE-88412", host: row.host, detected_at: row.detected_at, source_kind: row.source_kind, product: row.product, name: row.name, action: row.action, file: { path: row.image, sha256: full.subject.sha256, sha1: null, md5: null }, process: null },
    answers: [],
    also_told: [{ way: "read", id: `${row.host.toLowerCase()} {79C5C2FF-764A-4F0D-940E-A6914A52C0F9}`, product: "Microsoft Defender", name: row.name, detected_at: row.detected_at, received_at: row.received_at }],
    triage: row.target === "running" ? null : black ? full : { ...full, host: row.host, judgement: { ...full.judgement, verdict: row.verdict ?? "grey", score: row.score ?? 0, rule: t("根拠が 60 点に満たず、要調査と判定しました。", "To be investigated: less than 60 points.") }, findings: full.findings.slice(5), tree: { nodes: full.tree.nodes.slice(0, 3), omitted: 0, links: [] } },
    versions: [{ n: 2, at: ago(900), verdict: row.machine_verdict ?? "grey", score: row.score ?? 0, data_to: ago(900) }, { n: 1, at: ago(997), verdict: row.machine_verdict ?? "grey", score: 117, data_to: ago(998) }],
    override: row.verdict !== row.machine_verdict && row.verdict !== null ? { verdict: row.verdict, by: PERSON, at: ago(60), reason: t("利用者に確認済み", "Confirmed with the user") } : null,
    comments: [{ id: "c1", by: { id: "p2", name: "鈴木 健" }, at: ago(600), text: t("田中さんに電話で確認。請求書だと思って開いたとのこと。\nマクロの警告で「有効にする」を押した。", "Called Ms Tanaka: she took it for an invoice and allowed the macro.") }],
    history: [
      { at: ago(1000), who: "key 本社 Winlogbeat", action: "alert.receive", reason: "", version: 1, alert: null, decided: null },
      { at: ago(997), who: "Hikeshi (triage)", action: "alert.triage", reason: "", version: 2, alert: null, decided: null },
      { at: ago(640), who: PERSON.name, action: "alert.assign", reason: "", version: 3, alert: null, decided: null },
    ],
    execution: t("実行されました", "It ran"),
    advice: black
      ? [t("PC-014 をネットワークから切り離してください。電源は切らないでください。", "Take PC-014 off the network. Do not switch it off."), t("MINATO\\tanaka のパスワードを変更し、サインイン履歴を確認してください。", "Change the password of MINATO\\tanaka and look at its sign-ins."), t("203.0.113.77 への通信を遮断し、ほかの端末からの通信を確認してください。", "Block 203.0.113.77 and look for other endpoints that talk to it."), t("添付ファイルのメールが届いたほかの利用者を確認してください。", "Find others who received the same attachment.")]
      : [t("利用者に、導入の経緯を確認してください。", "Ask the user how it came.")],
    due_steps: [t("受信 03:08:41 +09:00", "received 03:08:41 +09:00"), t("+ 2 時間(速報の目標)", "+ 2 h (target of the flash report)")],
    limits: [t("ファイルの読み込みは記録されていないため、持ち出しの有無は判断できません。", "Reads of files are not recorded: whether data left cannot be told.")],
    report: row.reported_at === null ? null : { id: "r", reference: "FR-20261121-0007", version: 2, tlp: "TLP:AMBER", issued_at: row.reported_at },
    full_list: row.target === "running" ? null : { rows: 214, total: 214 },
    full_list_failed: false,
    cites_events: row.target !== "running",
  };
  return ok(page);
}

function close(asked: Asked, shut: boolean) {
  for (const id of (field(asked.body, "ids") as string[] | undefined) ?? []) shut ? closed.add(id) : closed.delete(id);
  return ok({});
}

export function alertRoutes(): Route[] {
  const change = (id: string, part: Partial<AlertRow>) => {
    changed.set(id, { ...changed.get(id), ...part });
    return ok({});
  };
  return [
    ["GET", /^\/alerts$/, list],
    ["POST", /^\/alerts\/close$/, (asked) => close(asked, true)],
    ["POST", /^\/alerts\/reopen$/, (asked) => close(asked, false)],
    ["GET", /^\/alerts\/([^/]+)$/, one],
    ["POST", /^\/alerts\/([^/]+)\/override$/, (asked, id = "") => change(id, { verdict: field(asked.body, "verdict") as AlertRow["verdict"] })],
    ["POST", /^\/alerts\/([^/]+)\/assign$/, (asked, id = "") => change(id, { assignee: field(asked.body, "person") === null ? null : PERSON })],
    ["POST", /^\/alerts\/([^/]+)\/(comments|case|triage)$/, () => ok({})],
  ];
}
