/** 履歴に残る操作の名前。 */
export const history = {
  "alert.receive": "アラートを受信",
  "alert.triage": "判定",
  "alert.judge": "判定を変更",
  "alert.assign": "担当を変更",
  "alert.close": "終了",
  "alert.reopen": "再開",
  "triage.run": "判定を実行",
  "triage.wait": "判定を予約",
  "case.open": "アラートからインシデントを開いた",
  "case.join": "アラートを加えた",
  "case.classify": "分類を判断",
  "case.assign": "担当を変更",
  "case.close": "インシデントを終了",
  "comment.add": "コメントを投稿",
  "report.issue": "速報レポートを発行",
  "message.send": "メールを作成",
} as Record<string, string>;
