/** Cases and the matrix (S4-12 … S4-17). */
import type { CasePage, CaseRow, Decision, Flow, IncidentType, Language, Matrix, Reclassification, Severity } from "../src/api/types";
import { withBrought } from "../src/pages/case/flows.ts";
import { CASE, rows as alerts } from "./alerts.ts";
import { type Asked, ok, refuse, type Route } from "./answers.ts";
import { ago } from "./clock.ts";
import { field, ORG, PERSON } from "./people.ts";

let decision: Decision | null = null;
let version = 4;

const PLAYBOOK = "2026-11-22";
const proposed = { type: "B-1" as const, severity: 3 as const, flows: ["handle"] as Flow[] };

function rows(language: Language): CaseRow[] {
  const base = { org: ORG.id, org_name: ORG.name, drill: true, proposed: null, assignee: PERSON, opened_at: ago(996), version, reference: "IR-20261121-0001", closed: null, alerts: 1, hosts: ["PC-007"], verdict: null };
  return [
    { ...base, id: CASE.id, title: language === "ja" ? "PC-014 の明らかな脅威: invoice_8841.docm" : "Clear threat on PC-014: invoice_8841.docm", state: decision === null ? "to_judge" : "handling", type: decision?.type ?? null, severity: decision?.severity ?? null, flows: decision?.flows ?? [], proposed, assignee: null, alerts: 2, hosts: ["PC-014"], verdict: "black" },
    { ...base, id: "01JCASE0000000000000000002", title: language === "ja" ? "社外への誤送信(見積書)" : "Quotation sent to the wrong company", state: "handling", type: "A-1", severity: 2, flows: ["record", "prevent"], opened_at: ago(180_000) },
    { ...base, id: "01JCASE0000000000000000003", title: language === "ja" ? "公開サーバーの設定不備" : "Open share on the public server", state: "handling", type: "A-2", severity: 4, flows: ["record", "prevent", "handle", "disclose"], opened_at: ago(400_000), hosts: ["SV-WEB02"] },
  ];
}

function one(asked: Asked, id: string) {
  const row = rows(asked.language).find((each) => each.id === id);
  if (row === undefined) return refuse(404, "not_found", "no such case");
  const t = (ja: string, en: string) => (asked.language === "ja" ? ja : en);
  const opener = id === CASE.id ? alerts(asked.language)[0] : undefined;
  const page: CasePage = {
    case: row,
    next_duty: decision === null ? { what: t("類型・深刻度・対応フローを判断する", "Judge type, severity and flows"), clock: null, due_at: null, due_steps: [] } : { what: t("PC-014 の速報レポートを発行する", "Issue the flash report on PC-014"), clock: "flash_report", due_at: ago(-2_400), due_steps: [t("起点 2026-11-21 03:08:41 +09:00", "Starts at 2026-11-21 03:08:41 +09:00"), t("2 時間を加える(夜間・休日も数える)", "Add 2 hours, nights and holidays included")] },
    harm: decision === null ? { judged: false, text: t("実行された後に、通信・常駐化など次の段階が見られ、攻撃が一部成功しているため Lv3 中度。", "It ran and went on to a next step, so the attack partly succeeded: Lv3 moderate.") } : { judged: true, text: t("金銭の損失や法令違反に直接つながる実害がある、または攻撃が一部成功した", "Actual harm with direct loss of money or breach of law, or an attack that partly succeeded") },
    proposal: { ...proposed, reasons: [t("外部からの不正なファイルが実行されているため B-1(当社への侵害)", "B-1: a hostile file from outside was run"), t("端末 1 台で実行に成功し、広がりは見つかっていないため Lv3", "Lv3: it ran on one endpoint, no spread was found"), t("B-1 × Lv3 の目安は対処対応", "B-1 × Lv3 suggests: handle")], at: ago(990), playbook: PLAYBOOK },
    decision: id === CASE.id ? decision : { type: row.type ?? "A-1", severity: row.severity ?? 2, flows: row.flows, reason: t("送信先に削除を依頼し、確認済み", "The recipient deleted it"), by: PERSON, at: ago(170_000), playbook: PLAYBOOK },
    alerts: opener === undefined ? [] : [opener],
    comments: [],
    as_of: null,
    history: [{ at: ago(996), who: "Hikeshi", action: "case.open", reason: "", version: 1, alert: opener === undefined ? null : { id: opener.id, title: `${opener.host} ${opener.name}` }, decided: null }],
  };
  return ok(page);
}

function classify(asked: Asked) {
  const of = (name: string) => field(asked.body, name);
  if (of("expected_version") !== version) return { status: 409, body: { error: { kind: "conflict", message: "the case was changed", request_id: "x" } } };
  version += 1;
  decision = { type: of("type") as IncidentType, severity: of("severity") as Severity, flows: of("flows") as Flow[], reason: String(of("reason")), by: PERSON, at: ago(0), playbook: PLAYBOOK };
  return ok({});
}

function reclassification(asked: Asked) {
  const cell = CELLS[asked.query.get("type") as IncidentType][Number(asked.query.get("severity")) - 1] ?? [];
  const possible = withBrought(cell);
  const decided = decision?.flows ?? [];
  const body: Reclassification = { proposed: cell.filter((flow) => !decided.includes(flow)), kept: decided.filter((flow) => possible.includes(flow)), beyond: decided.filter((flow) => !possible.includes(flow)) };
  return ok(body);
}

const CELLS: Record<IncidentType, Flow[][]> = {
  "A-1": [["record", "prevent"], ["prevent"], ["handle"], ["handle", "disclose"], ["disclose"]],
  "A-2": [["record", "prevent"], ["record", "prevent"], ["handle", "disclose"], ["handle", "disclose"], ["disclose"]],
  "B-1": [["record", "prevent"], ["prevent"], ["handle"], ["disclose"], ["external-help"]],
  "B-2": [["record", "prevent"], ["prevent", "handle"], ["handle", "disclose"], ["disclose"], ["external-help"]],
  "C-1": [["record", "prevent"], ["record", "prevent"], ["prevent", "handle"], ["handle", "disclose"], ["disclose", "external-help"]],
};

function matrix(asked: Asked) {
  const ja = asked.language === "ja";
  const types: [IncidentType, string, string][] = [["A-1", "当社の事故・過失", "Our accident or error"], ["A-2", "サービスの事故・過失", "Accident in a service"], ["B-1", "当社への侵害", "Attack on us"], ["B-2", "サービスへの侵害", "Attack on a service"], ["C-1", "その他", "Other"]];
  const levels: [Severity, string, string][] = [[1, "未発", "No harm"], [2, "軽度", "Slight"], [3, "中度", "Moderate"], [4, "重度I", "Serious I"], [5, "重度II", "Serious II"]];
  const examples = ja
    ? ["端末のマルウェア感染", "利用サービスへの不正アクセス", "内部者による持ち出し", "標的型メールの開封", "業務端末の乗っ取り"]
    : ["Malware on an endpoint", "Unauthorised access to a used service", "Insider takes data", "Targeted mail opened", "Work endpoint taken over"];
  const body: Matrix = {
    version: PLAYBOOK,
    types: types.map(([id, a, b]) => ({ id, name: ja ? a : b, definition: ja ? "当社または協力会社の職員に害を加える明確な意図があるもの。" : "Clear intent to harm us or partner staff.", examples })),
    severities: levels.map(([level, a, b]) => ({ level, name: ja ? a : b, definition: ja ? "実害があり、金銭の損失や法令違反に直結する、または攻撃が一部成功したもの。" : "Actual harm with direct loss of money or breach of law, or an attack partly succeeded.", examples })),
    flows: (["record", "prevent", "handle", "disclose", "external-help"] as Flow[]).map((id) => ({ id, name: id, description: ja ? "対応の内容を説明する一文です。" : "One sentence on what the flow asks for." })),
    cells: types.flatMap(([type]) => levels.map(([severity]) => ({ type, severity, alternatives: CELLS[type][severity - 1] ?? [] }))),
  };
  return ok(body);
}

export function caseRoutes(): Route[] {
  return [
    ["GET", /^\/cases$/, (asked) => ok({ items: rows(asked.language).filter(({ state }) => asked.query.get("state") !== "closed" && (!["to_judge", "handling"].includes(asked.query.get("state") ?? "") || state === asked.query.get("state"))), next_cursor: null, total: 3 })],
    ["GET", /^\/cases\/([^/]+)$/, one],
    ["POST", /^\/cases\/[^/]+\/classification$/, classify],
    ["GET", /^\/cases\/[^/]+\/reclassification$/, reclassification],
    ["POST", /^\/cases\/[^/]+\/(comments|assign|close)$/, () => ok({})],
    ["POST", /^\/cases\/close$/, () => ok({ changed: 1 })],
    ["GET", /^\/matrix$/, matrix],
  ];
}
