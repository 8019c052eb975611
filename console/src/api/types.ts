/** What the server says and hears: the contract of /api/v1. Times are RFC 3339 in UTC. */

export type Verdict = "black" | "grey" | "white";
export type Language = "ja" | "en";
export type Severity = 1 | 2 | 3 | 4 | 5;
export type IncidentType = "A-1" | "A-2" | "B-1" | "B-2" | "C-1";
export type Flow = "record" | "prevent" | "handle" | "disclose" | "external-help";
export type BlockMode = "block" | "non_block" | "unknown";
export type SourceKind = "network" | "endpoint" | "device";
export type Action = "blocked" | "detected" | "quarantined" | "deleted";
export type AlertStateName = "received" | "reported" | "repeat" | "harmless" | "closed";
export type Tlp = "TLP:CLEAR" | "TLP:GREEN" | "TLP:AMBER" | "TLP:AMBER+STRICT" | "TLP:RED";
export type Target = "met" | "missed" | "running" | "none";

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
  total: number;
}

export interface PersonRef {
  id: string;
  name: string;
}

export interface Me {
  person: {
    id: string;
    name: string;
    email: string;
    language: Language;
    time_zone: string;
    has_password: boolean;
    roles: Role[];
  };
  organizations: OrganizationRef[];
}

export type Role = "operator" | "incident_lead" | "analyst" | "reader" | "sensor";

export interface PersonRow {
  id: string;
  version: number;
  name: string;
  email: string;
  language: Language;
  state: "invited" | "active" | "disabled";
  roles: { role: Role; org: string | null; org_name: string | null }[];
  whole: boolean;
  oneself: boolean;
  created_at: string;
  disabled_at: string | null;
}

export interface InvitedPerson {
  item: PersonRow;
  link: string;
  lifetime_seconds: number;
  mailed: "sent" | "no_server" | "failed";
  mail_error: string | null;
}

export interface OrganizationRef {
  id: string;
  name: string;
  drill: boolean;
}

export interface Duty {
  lanes: Record<Lane, DutyCard[]>;
  trend: { day: string; black: number; grey: number; white: number }[];
  health: {
    ingest_lag_ms: number;
    sources: { source: string; hosts: number; last_event_at: string; silent: boolean; silent_hosts: string[] }[];
    warnings: string[];
  };
}

export type Lane = "overdue" | "within_two_hours" | "waiting" | "watch";

export interface DutyCard {
  kind: "alert" | "case";
  id: string;
  title: string;
  line: string;
  verdict: Verdict | null;
  severity: Severity | null;
  due_at: string | null;
  owner: PersonRef | null;
  org_name: string;
  drill: boolean;
}

export interface AlertRow {
  id: string;
  org: string;
  org_name: string;
  host: string;
  name: string;
  product: string;
  source_kind: SourceKind;
  action: Action;
  verdict: Verdict | null;
  machine_verdict: Verdict | null;
  score: number | null;
  state: AlertStateName;
  received_at: string;
  detected_at: string;
  due_at: string;
  reported_at: string | null;
  target: Target;
  urgency: { rank: number; reason: string };
  assignee: PersonRef | null;
  case: { id: string; title: string } | null;
  repeat_of: string | null;
  repeats: number;
  drill: boolean;
  image: string | null;
  block_mode: BlockMode;
  version: number;
}

export interface Raised {
  id: string;
  host: string;
  detected_at: string;
  source_kind: SourceKind;
  product: string;
  name: string;
  action: Action;
  file?: { path?: string | null; sha256?: string | null; sha1?: string | null; md5?: string | null } | null;
  process?: { guid?: string | null; pid?: number | null } | null;
}

export interface EventRef {
  uid: string;
  path?: string;
  channel: string;
  record_id: number | null;
  time: string;
}

export interface Finding {
  id: string;
  family: string;
  points: number;
  reason: string;
  events: EventRef[];
}

export type SectionKind =
  | "origin"
  | "process_chain"
  | "processes_started"
  | "files_written"
  | "registry_edited"
  | "files_read"
  | "network"
  | "file_attributes";

export interface SectionItem {
  time: string;
  after_detection: boolean;
  node: string | null;
  what: string;
  details: [string, string][];
  count: number;
  findings: string[];
  events: EventRef[];
}

export interface Section {
  kind: SectionKind;
  state: "found" | "nothing" | "not_collected";
  searched: string[];
  missing_audit: string[];
  total: number;
  items: SectionItem[];
}

export interface TreeNode {
  id: string;
  parent: string | null;
  ghost: boolean;
  origin: "recorded" | "from_child" | "from_activity";
  subject: boolean;
  pid: number | null;
  image: string | null;
  command_line: string | null;
  user: string | null;
  sha256: string | null;
  started_at: string | null;
  ended_at: string | null;
  after_detection: boolean;
  matches: string[];
  findings: string[];
  event: EventRef | null;
}

export interface RuleHit {
  rule_id: string;
  title: string;
  level: string;
  author: string;
  tags: string[];
  count: number;
  events: EventRef[];
}

export interface Triage {
  host: string;
  subject: {
    node: string | null;
    image: string | null;
    sha256: string | null;
    sha1: string | null;
    md5: string | null;
    process_guid: string | null;
    pid: number | null;
    command_line: string | null;
    user: string | null;
    channel: string | null;
  };
  judgement: { verdict: Verdict; score: number; families: string[]; rule: string };
  findings: Finding[];
  unknown: { id: string; reason: string }[];
  sections: Section[];
  tree: { nodes: TreeNode[]; omitted: number };
  rules: RuleHit[];
  indicators: { kind: string; value: string }[];
  window: { from: string; detected_at: string; to: string };
  events_seen: number;
  rules_version: string;
}

export interface Comment {
  id: string;
  by: PersonRef;
  at: string;
  text: string;
}

export interface HistoryEntry {
  at: string;
  who: string;
  /** `alert.close` */
  action: string;
  reason: string;
  version: number;
}

export interface AlertPage {
  alert: AlertRow;
  raised: Raised;
  triage: Triage | null;
  versions: { n: number; at: string; verdict: Verdict; score: number; data_to: string }[];
  override: { verdict: Verdict; by: PersonRef; at: string; reason: string } | null;
  comments: Comment[];
  history: HistoryEntry[];
  advice: string[];
  limits: string[];
  /** How the deadline was counted, one step a line. */
  due_steps: string[];
  report: { id: string; reference: string; version: number; tlp: Tlp; issued_at: string } | null;
}

export interface CaseRow {
  id: string;
  org: string;
  org_name: string;
  version: number;
  reference: string;
  title: string;
  drill: boolean;
  state: "to_judge" | "handling" | "closed";
  type: IncidentType | null;
  severity: Severity | null;
  flows: Flow[];
  proposed: { type: IncidentType; severity: Severity; flows: Flow[] } | null;
  assignee: PersonRef | null;
  opened_at: string;
  alerts: number;
  hosts: string[];
  verdict: Verdict | null;
  closed: { by: PersonRef; at: string; reason: string } | null;
}

export interface Classification {
  type: IncidentType;
  severity: Severity;
  flows: Flow[];
  reason: string;
}

export interface Decision extends Classification {
  by: PersonRef;
  at: string;
}

export interface NextDuty {
  what: string;
  clock: string | null;
  due_at: string | null;
  due_steps: string[];
}

export interface CasePage {
  case: CaseRow;
  next_duty: NextDuty | null;
  harm: { judged: boolean; text: string } | null;
  proposal: { type: IncidentType; severity: Severity; flows: Flow[]; reasons: string[] } | null;
  decision: Decision | null;
  alerts: AlertRow[];
  comments: Comment[];
  history: HistoryEntry[];
}

export interface Matrix {
  types: { id: IncidentType; name: string; definition: string; examples: string[] }[];
  severities: { level: Severity; name: string; definition: string; examples: string[] }[];
  flows: { id: Flow; name: string; description: string }[];
  /** Each flow of a cell is an alternative or a part of the answer: the lead picks one or more. */
  cells: { type: IncidentType; severity: Severity; alternatives: Flow[] }[];
}

export interface EndpointRow {
  id: string;
  host: string;
  org: string;
  org_name: string;
  first_seen_at: string;
  last_seen_at: string;
  silent: boolean;
  block_mode: BlockMode;
  note: string;
  alerts_open: number;
  version: number;
}

/** A value of an answer; a map (`unmapped`) comes as an object. Times are RFC 3339 in UTC. */
export type Cell = string | number | boolean | null | { [name: string]: unknown };

export interface HuntColumn {
  name: string;
  type: "text" | "integer" | "number" | "boolean" | "time" | "map";
}

export interface HuntAnswer {
  columns: HuntColumn[];
  rows: Cell[][];
  truncated: boolean;
  elapsed_ms: number;
}

export interface HuntSchema {
  tables: { name: string; columns: HuntColumn[] }[];
}

export interface SavedSearch {
  id: string;
  org: string;
  name: string;
  sql: string;
  by: PersonRef;
  at: string;
}

export interface RuleRow {
  id: string;
  title: string;
  description: string;
  level: string;
  author: string;
  tags: string[];
  logsource: string;
  false_positives: string[];
  matches_7d: number;
}

export interface RulesPage {
  items: RuleRow[];
  next_cursor: number | null;
  total: number;
  refused: RefusedRule[];
  version: string;
}

export interface RefusedRule {
  id: string | null;
  path: string;
  title: string | null;
  reason: string;
}

export interface RulePage {
  rule: RuleRow | null;
  refused: RefusedRule | null;
  text: { path: string; yaml: string; license: string | null } | null;
}

export interface MessageRow {
  id: string;
  org: string;
  to: string[];
  subject: string;
  body: string;
  state: "held" | "queued" | "sent" | "failed";
  reason: string | null;
  created_at: string;
  sent_at: string | null;
  about: { kind: string; id: string } | null;
  drill: boolean;
}

export interface Organization {
  id: string;
  version: number;
  name: string;
  drill: boolean;
  time_zone: string;
  language: Language;
  retention_days: number;
  contacts: string[];
}

export interface MailServer {
  host: string;
  port: number;
  security: "tls" | "starttls" | "plain";
  user: string | null;
  has_password: boolean;
  from: string;
}

export interface MailSettings {
  version: number;
  mail_server: MailServer | null;
  public_url: string | null;
}

export interface ApiKey {
  id: string;
  org: string;
  org_name: string;
  name: string;
  forwarder: string | null;
  hosts: string[];
  created_at: string;
  revoked_at: string | null;
}

export interface ExceptionEntry {
  id: string;
  org: string;
  org_name: string;
  kind: "hash" | "signer" | "path" | "behaviour";
  value: string;
  image: string | null;
  by: PersonRef;
  reason: string;
  registered_at: string;
  effective_from: string | null;
  until: string | null;
  effect: "registered" | "in_effect" | "ended";
}

export interface SearchHit {
  kind: "alert" | "case" | "endpoint";
  id: string;
  title: string;
  line: string;
}
