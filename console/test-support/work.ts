/** Endpoints, hunt, rules, settings. */
import type { ApiKey, EndpointRow, ExceptionEntry, ReferenceList, HuntAnswer, MailSettings, MessageRow, PersonRow, RulesPage, SavedSearch } from "../src/api/types";
import { type Asked, ok, type Route } from "./answers.ts";
import { ago } from "./clock.ts";
import { CASE } from "./alerts.ts";
import { me, ORG, PERSON } from "./people.ts";

const endpoints: EndpointRow[] = Array.from({ length: 42 }, (_, index) => ({ id: `ep${index}`, host: index === 0 ? "SV-FILE01" : `PC-${String(index).padStart(3, "0")}`, org: ORG.id, org_name: ORG.name, first_seen_at: ago(9_000_000), last_seen_at: ago(index === 31 ? 16_200 : 3 + index * 7), silent: index === 31, block_mode: (["non_block", "block", "unknown"] as const)[index % 3] ?? "unknown", note: index === 14 ? "総務部 田中さんのノート PC" : "", serves: index === 0, retired: null, alerts_open: index === 14 ? 2 : index % 9 === 0 ? 1 : 0, version: 1 }));

function hunt(): HuntAnswer {
  return {
    columns: [{ name: "time", type: "time" }, { name: "host", type: "text" }, { name: "event_id", type: "integer" }, { name: "process_image", type: "text" }, { name: "process_command_line", type: "text" }, { name: "network_dst_ip", type: "text" }],
    rows: Array.from({ length: 1200 }, (_, index) => [ago(index * 61), `PC-${String(1 + (index % 40)).padStart(3, "0")}`, 1, "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe", `powershell.exe -File C:\\Scripts\\inventory-${index}.ps1`, index % 4 === 0 ? "203.0.113.77" : null]),
    truncated: false,
    elapsed_ms: 84,
  };
}

const searches: SavedSearch[] = [{ id: "s1", name: "社外への DNS over HTTPS", org: ORG.id, sql: "SELECT host, count(*) FROM events GROUP BY host", by: PERSON, at: ago(90_000) }];
const rules: RulesPage = {
  items: Array.from({ length: 120 }, (_, index) => ({ id: `rule-${index}`, title: ["Suspicious Encoded PowerShell Command Line", "Office Application Spawned Script Host", "Run Key Set From AppData", "Whoami Execution"][index % 4] ?? "", level: ["high", "critical", "medium", "low"][index % 4] ?? "low", description: "Finds PowerShell started with an encoded command, as droppers do.", false_positives: ["Management agents that wrap their scripts"], author: "Hikeshi", tags: ["attack.t1059.001"], logsource: "process_creation / windows", matches_7d: (index * 37) % 90 })),
  next_cursor: null,
  total: 120,
  version: "rules 120",
  refused: [{ id: "rule-refused", path: "sigma/rules/web/proxy_broken.yml", title: "Broken Proxy Rule", reason: "line 14: `1 of selection_*` names no selection" }],
};
const YAML = `title: Suspicious Encoded PowerShell Command Line
id: 5f3a1c9e-2b7d-4e60-9a55-0c1d2e3f4a5b
description: Finds PowerShell started with an encoded command, as droppers do.
author: Hikeshi
license: Apache-2.0
logsource: {product: windows, category: process_creation}
detection:
    image: {Image|endswith: '\\powershell.exe'}
    encoded: {CommandLine|contains: [' -enc ', ' -EncodedCommand ']}
    condition: image and encoded
level: high
`;
const BODY = "ブラック判定の検知がありました。\n\n参照番号: FR-20261121-0007\n受信: 2026-11-21 03:08:41 +09:00\n\n詳しくはコンソールで確認してください。";
const messages: MessageRow[] = [{ id: "m1", org: ORG.id, drill: true, body: BODY, to: ["admin@minato.example.jp"], subject: "【Hikeshi】ブラック判定のお知らせ FR-20261121-0007", state: "held", reason: "メールサーバーが設定されていません", created_at: ago(996), sent_at: null, about: { kind: "case", id: CASE.id } }];
const keys: ApiKey[] = [{ id: "k1", name: "本社 Winlogbeat", org: ORG.id, org_name: ORG.name, forwarder: "本社", created_at: ago(900_000), revoked_at: null, hosts: [] }];
const lists: ReferenceList[] = [
  { id: "l1", org: ORG.id, org_name: ORG.name, name: "JPCERT 配布 2026-11", kind: "bad", source: "早期警戒情報", entries: 1_204, rejected: 3, sha256: "3a7b", by: PERSON, uploaded_at: ago(500_000), until: null, expired: false, version: 2, search: { state: "done", values: 3, hosts: 2, not_raised: 0, more: false } },
  { id: "l2", org: null, org_name: "", name: "業務ソフト", kind: "good", source: "ベンダー公開", entries: 58_311, rejected: 0, sha256: "3a7c", by: PERSON, uploaded_at: ago(9_000_000), until: ago(400_000), expired: true, version: 1, search: null },
];
const exceptions: ExceptionEntry[] = [{ id: "x1", org: ORG.id, org_name: ORG.name, kind: "hash", value: "3a7bd3e2360a3d29eea436fcfb7e44c735d117c42d1c1835420b6b9942dd4f1b", image: null, reason: "会計ソフトの更新プログラム。情報システム部に確認済み", until: ago(-9_000_000), by: PERSON, list: null, registered_at: ago(500_000), effective_from: ago(400_000), effect: "in_effect" }];
const people: PersonRow[] = [
  { id: PERSON.id, version: 3, name: PERSON.name, email: me.person.email, language: "ja", state: "active", roles: [{ role: "operator", org: null, org_name: null }], has_second_factor: false, whole: true, oneself: true, created_at: ago(9_000_000), disabled_at: null },
  { id: "p2", version: 1, name: "鈴木 健", email: "ken.suzuki@example.jp", language: "ja", state: "invited", roles: [{ role: "analyst", org: ORG.id, org_name: ORG.name }], has_second_factor: false, whole: true, oneself: false, created_at: ago(7_200), disabled_at: null },
  { id: "p3", version: 5, name: "Aiko Meyer", email: "aiko.meyer@example.com", language: "en", state: "disabled", roles: [{ role: "reader", org: ORG.id, org_name: ORG.name }], has_second_factor: false, whole: true, oneself: false, created_at: ago(900_000), disabled_at: ago(3_600) },
];
let mail: MailSettings = { version: 0, mail_server: null, public_url: null };

export function workRoutes(): Route[] {
  return [
    ["GET", /^\/endpoints$/, (asked) => ok({ items: endpoints.filter(({ host }) => host.toLowerCase().includes((asked.query.get("q") ?? "").toLowerCase())), next_cursor: null, total: endpoints.length })],
    ["GET", /^\/endpoints\/([^/]+)$/, (_, id) => ok(endpoints.find((each) => each.id === id))],
    ["PUT", /^\/endpoints\/([^/]+)$/, () => ok({})],
    ["POST", /^\/endpoints\/[^/]+\/(retire|restore)$/, () => ok({})],
    ["POST", /^\/hunt$/, () => ok(hunt())],
    ["GET", /^\/hunt\/schema$/, () => ok({ tables: [{ name: "events", columns: ["time", "host", "channel", "event_id", "process_image", "process_command_line", "process_sha256", "parent_image", "file_path", "registry_path", "network_dst_ip", "network_dst_port", "dns_query"].map((name) => ({ name, type: "text" })) }] })],
    ["GET", /^\/hunt\/searches$/, () => ok({ items: searches })],
    ["POST", /^\/hunt\/searches$/, () => ok({})],
    ["PUT", /^\/hunt\/searches\/[^/]+$/, () => ok({})],
    ["DELETE", /^\/hunt\/searches\/[^/]+$/, () => ok({})],
    ["GET", /^\/rules$/, (asked) => ok({ ...rules, items: rules.items.filter(({ id, title }) => `${id} ${title}`.toLowerCase().includes((asked.query.get("q") ?? "").toLowerCase())) })],
    ["GET", /^\/rules\/([^/]+)$/, (_, id) => ok({ rule: rules.items.find((each) => each.id === id) ?? null, refused: id === "rule-refused" ? rules.refused[0] : null, text: { path: `rules/${id}.yml`, yaml: YAML, license: "Apache-2.0" } })],
    ["GET", /^\/people$/, () => ok({ items: people })],
    ["POST", /^\/people(\/[^/]+\/link)?$/, () => ok({ item: people[1], link: "https://hikeshi.example.jp/sign-in#invitation=6f2c0d9e4b7a18d35c", lifetime_seconds: 86_400, mailed: "no_server", mail_error: null })],
    ["GET", /^\/jobs$/, () => ok({ items: [] })],
    ["GET", /^\/messages$/, () => ok({ items: messages, next_cursor: null, total: 1 })],
    ["GET", /^\/messages\/[^/]+$/, () => ok(messages[0])],
    ["POST", /^\/messages\/[^/]+\/resend$/, () => ok({})],
    ["GET", /^\/organizations\/([^/]+)$/, (_, id) => ok({ ...(me.organizations.find((each) => each.id === id) ?? ORG), time_zone: "Asia/Tokyo", language: "ja", retention_days: 90, version: 1, contacts: ["admin@minato.example.jp"] })],
    ["PUT", /^\/(organizations\/.*|me|me\/password)$/, () => ok({})],
    ["GET", /^\/api-keys$/, () => ok({ items: keys })],
    ["POST", /^\/api-keys$/, () => ok({ key: "hk_4cJ8yT2mQn5vXz7Lr9Ws1Ke6" })],
    ["DELETE", /^\/api-keys\/[^/]+$/, () => ok({})],
    ["GET", /^\/settings\/mail$/, () => ok(mail)],
    ["PUT", /^\/settings\/mail$/, (asked: Asked) => { mail = { ...(asked.body as MailSettings), version: mail.version + 1 }; return ok({}); }],
    ["GET", /^\/lists$/, () => ok({ items: lists })],
    ["GET", /^\/exceptions$/, () => ok({ items: exceptions })],
    ["POST", /^\/exceptions$/, () => ok({})],
    ["DELETE", /^\/exceptions\/[^/]+$/, () => ok({})],
    ["GET", /^\/colleagues$/, () => ok({ items: [PERSON, { id: "p2", name: "鈴木 健" }] })],
    ["GET", /^\/search$/, () => ok({ items: [{ kind: "alert", id: "01JALERT000000000000000001", title: "PC-014 Trojan:Win32/Macropayload.A!ml", line: "ブラック" }, { kind: "endpoint", id: "ep14", title: "PC-014", line: "みなと精機株式会社" }] })],
  ];
}
