/** Terms of the trade as this console uses them, in both languages, each with one sentence. Names as the project's glossary has them. */

interface Entry {
  ja: string;
  en: string;
  meaning: { ja: string; en: string };
}

export const TERMS = {
  black: { ja: "ブラック判定", en: "Black", meaning: { ja: "明らかな脅威です。速報を出し、インシデントとして判断します。", en: "A clear threat: it is reported at once and judged as a case." } },
  grey: { ja: "グレー判定", en: "Grey", meaning: { ja: "脅威とも無害とも言い切れず、確認や追加の調査が必要です。", en: "Neither clearly a threat nor clearly harmless: people must be asked, or more must be looked at." } },
  white: { ja: "ホワイト判定", en: "White", meaning: { ja: "過検知か誤検知で、対応は要りません。", en: "A false or over-detection: nothing needs to be done." } },
  flash_report: {
    ja: "速報レポート",
    en: "Flash report",
    meaning: { ja: "アラートの受信から 2 時間以内に、判定とその根拠、当面の対応を伝える最初の報告です。", en: "The first report of an alert, due within two hours of receipt: the verdict, its reasons and what to do now." },
  },
  block_mode: {
    ja: "動作モード",
    en: "Protection mode",
    meaning: { ja: "端末の保護製品が、見つけたファイルを止める設定か、知らせるだけの設定かを表します。", en: "Whether the protection on the endpoint stops what it finds or only tells of it." },
  },
  tlp: {
    ja: "TLP(情報の取り扱い範囲)",
    en: "TLP (Traffic Light Protocol)",
    meaning: { ja: "FIRST の定める共有範囲の表示です。RED は本人限り、AMBER は組織と顧客、GREEN はコミュニティー、CLEAR は制限なしです。", en: "FIRST's label for how far information may go: RED recipients only, AMBER the organisation and its clients, GREEN the community, CLEAR anybody." },
  },
  sections: {
    ja: "8 つの確認項目",
    en: "The eight sections",
    meaning: { ja: "どの速報でも同じ順に確認する 8 項目です。無かったことと、記録が無く分からないことを区別して書きます。", en: "Eight things looked at in the same order for every report; what was not there and what was not recorded are told apart." },
  },
  process_tree: {
    ja: "プロセスツリー",
    en: "Process tree",
    meaning: { ja: "どのプログラムがどのプログラムを起動したかの図です。破線は、記録がなく子の記録などから分かったものです。", en: "Which program started which; a dashed box was not recorded itself and is known from its child or its activity." },
  },
  indicator: {
    ja: "痕跡情報(IOC)",
    en: "Indicator (IOC)",
    meaning: { ja: "同じ攻撃をほかの端末で探す手がかりになるハッシュ・宛先・ファイル名などです。", en: "A hash, an address or a name by which the same attack can be searched for elsewhere." },
  },
  to_judge: { ja: "判断待ち", en: "To be judged", meaning: { ja: "類型・深刻度・対応フローを、責任者がまだ決めていない段階です。", en: "The lead has not yet decided type, severity and response flows." } },
  handling: { ja: "対応中", en: "In progress", meaning: { ja: "決めた対応フローを進めている段階です。", en: "The flows that were decided are being carried out." } },
  closed: { ja: "終了(収束)", en: "Closed", meaning: { ja: "必要な対応を終え、理由とともに閉じた段階です。記録はすべて残ります。", en: "All that was needed has been done and the case was closed with a reason; everything stays on record." } },
  type: {
    ja: "類型",
    en: "Incident type",
    meaning: { ja: "誰の、何による事故かの区分です。A は自社の事故・過失、B は攻撃による侵害、C はその他です。", en: "What kind of incident it is: A our own accident or error, B an attack, C anything else." },
  },
  severity: { ja: "深刻度", en: "Severity", meaning: { ja: "被害と影響の大きさを Lv1(未発)から Lv5(重度II)の 5 段階で表します。", en: "How much harm is done, in five levels from Lv1 (no harm) to Lv5 (serious II)." } },
  flow: {
    ja: "対応フロー",
    en: "Response flow",
    meaning: { ja: "類型と深刻度に応じて行う対応の流れです。記録は常に行い、重いフローは軽いフローを伴います。", en: "The course of response that type and severity call for: recording always runs, and a heavier flow brings the lighter ones." },
  },
  record: { ja: "記録対応", en: "Record", meaning: { ja: "起きたことと判断を記録に残します。どのインシデントでも行います。", en: "What happened and what was decided is written down; done in every case." } },
  prevent: { ja: "予防対応", en: "Prevent", meaning: { ja: "同じことが起きないように対策し、後日その効果を確かめます。", en: "Measures against a recurrence, and a later check that they work." } },
  handle: { ja: "対処対応", en: "Handle", meaning: { ja: "被害を止め、原因を除き、元に戻します。終わると記録と予防に続きます。", en: "Stop the harm, remove the cause, restore; it ends in recording and prevention." } },
  disclose: { ja: "公表対応", en: "Disclose", meaning: { ja: "関係者・当局・社会に伝えます。対処対応を伴います。", en: "Tell those concerned, authorities and the public; it brings handling along." } },
  "external-help": { ja: "外部協力要請", en: "External help", meaning: { ja: "自社だけでは収まらないときに外部の専門家や機関に協力を求め、公表対応に続けます。", en: "Ask outside experts or bodies where we cannot manage alone; it goes on as disclosure." } },
  repeat: { ja: "重複", en: "Repeat", meaning: { ja: "同じ端末・同じハッシュで、最初の報告から 72 時間以内に受信した検知です。数えますが、改めて報告はしません。", en: "The same hash on the same endpoint within 72 hours of the first reported one: counted, not reported again." } },
  in_effect: { ja: "有効(登録のみとの違い)", en: "In effect, not only registered", meaning: { ja: "登録だけでは判定に使いません。端末の保護製品にも反映されて初めて「有効」になります。", en: "A registered exception weighs nothing until the endpoints' protection follows it too; then it is in effect." } },
} as const satisfies Record<string, Entry>;

export type TermName = keyof typeof TERMS;
