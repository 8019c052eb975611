/** Sign-in, the person, duty. */
import type { Duty } from "../src/api/types";
import { alertRoutes } from "./alerts.ts";
import { type Asked, ok, refuse, type Route } from "./answers.ts";
import { caseRoutes } from "./cases.ts";
import { ago } from "./clock.ts";
import { field, me } from "./people.ts";
import { requestRoutes } from "./requests.ts";
import { workRoutes } from "./work.ts";

export function desk(): Route[] {
  return [
    ["POST", /^\/session\/link$/, (asked) => (field(asked.body, "token") === "spent" ? refuse(401, "unauthenticated", "the link was used already") : ok({}))],
    ["POST", /^\/session$/, (asked) => (field(asked.body, "password") === "wrong" ? refuse(401, "unauthenticated", "wrong") : ok({}))],
    ["DELETE", /^\/session$/, () => ({ status: 204 })],
    ["GET", /^\/me$/, () => ok(me)],
    ["GET", /^\/duty$/, (asked) => ok(duty(asked))],
    ...alertRoutes(),
    ...caseRoutes(),
    ...requestRoutes(),
    ...workRoutes(),
  ];
}

function duty(asked: Asked): Duty {
  const ja = asked.language === "ja";
  const owner = { id: me.person.id, name: me.person.name };
  const org_name = "みなと精機株式会社";
  return {
    lanes: {
      overdue: [],
      within_two_hours: [
        { kind: "case", id: "01JCASE0000000000000000001", title: ja ? "PC-014 の明らかな脅威" : "Clear threat on PC-014", line: ja ? "類型・深刻度が未判断です。提案: B-1 × Lv3" : "Type and severity await judgement. Proposed: B-1 × Lv3", verdict: "black", severity: 3, due_at: ago(-6180), owner: null, org_name, drill: true },
        { kind: "alert", id: "01JALERT000000000000000001", title: "PC-014 · invoice_8841.docm → powershell → svch0st.exe", line: ja ? "Office が子プロセスにスクリプトを起動、符号化されたコマンド、自動起動に登録" : "Office started a script, encoded command, registered for autostart", verdict: "black", severity: null, due_at: ago(-6180), owner, org_name, drill: true },
        { kind: "alert", id: "01JALERT000000000000000003", title: "SV-FILE01 · PsExec64.exe", line: ja ? "管理者ツール。利用の申告がありません" : "An administrator's tool nobody vouches for", verdict: "grey", severity: null, due_at: ago(-900), owner: null, org_name, drill: true },
      ],
      waiting: [],
      watch: [{ kind: "alert", id: "01JALERT000000000000000002", title: "PC-022 · KaikeiUpdate.exe", line: ja ? "署名された業務アプリの更新。担当者の確認待ち" : "Signed updater of a business application", verdict: "white", severity: null, due_at: null, owner, org_name, drill: true }],
    },
    trend: Array.from({ length: 7 }, (_, index) => ({ day: ago((6 - index) * 86_400).slice(0, 10), black: [0, 1, 0, 0, 2, 0, 1][index] ?? 0, grey: [3, 5, 2, 4, 3, 1, 2][index] ?? 0, white: [6, 8, 5, 9, 7, 2, 4][index] ?? 0 })),
    health: {
      ingest_lag_ms: 420,
      sources: [
        { source: "Sysmon", hosts: 12, last_event_at: ago(4), silent: false, silent_hosts: [] },
        { source: "Windows Security", hosts: 12, last_event_at: ago(9), silent: false, silent_hosts: [] },
        { source: "Defender", hosts: 11, last_event_at: ago(1800), silent: false, silent_hosts: [] },
        { source: "Suricata EVE", hosts: 1, last_event_at: ago(16_200), silent: true, silent_hosts: ["SV-IDS01"] },
      ],
      warnings: [ja ? "PC-031 から 4 時間 30 分イベントが届いていません。電源と転送設定を確認してください。" : "PC-031 has sent no events for 4 h 30 min. Check its power and forwarder."],
    },
  };
}
