import type { Dictionary } from "../dictionary";

export const history: Dictionary["history"] = {
  "alert.receive": "Alert received",
  "alert.told_again": "The same detection came by another way",
  "alert.told_further": "The product's log told more of it",
  "alert.triage": "Triaged",
  "alert.judge": "Verdict changed",
  "alert.assign": "Assignee changed",
  "alert.close": "Closed",
  "alert.reopen": "Reopened",
  "triage.run": "Triage ran",
  "triage.list": "Triaged again for a new reference list",
  "triage.wait": "Triage scheduled",
  "case.open": "Case opened from the alert",
  "case.join": "Alert joined",
  "case.classify": "Classification decided",
  "case.assign": "Assignee changed",
  "case.close": "Case closed",
  "case.propose": "Proposal renewed",
  "comment.add": "Comment posted",
  "report.issue": "Flash report issued",
  "message.send": "Mail written",
};
