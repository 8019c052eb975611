/**
 * The words that the console uses for what the server says and hears. The types themselves are made from the API document
 * (`npm run types` writes schema.d.ts); here they only get the names by which pages know them. Times are RFC 3339 in UTC.
 */
import type * as server from "./schema";

export type {
  Action,
  AlertPage,
  AlertRow,
  AlertStateName,
  BlockMode,
  CasePage,
  CaseRow,
  Channel,
  ClockAct,
  EndpointRow,
  FailedJob,
  Flow,
  IncidentType,
  InvitedPerson,
  Language,
  Me,
  MessageRow,
  Outcome,
  PersonRow,
  Priority,
  Proof,
  RequestPage,
  RequestRow,
  RequestState,
  Role,
  RulePage,
  RuleRow,
  SectionKind,
  ServiceKind,
  Severity,
  SourceKind,
  TakenList,
  Target,
  Tlp,
  Verdict,
} from "./schema";

export type Agreed = server.AgreedView;
export type Answer = server.AnswerTold;
export type ApiKey = server.KeyRow;
export type ClockDuty = server.Duty;
export type Comment = server.CommentView;
export type Declaration = server.DeclarationView;
export type Decision = server.DecisionView;
export type Duty = server.DutyPage;
export type DutyCard = server.CardView;
export type EventRef = server.EventView;
export type ExceptionEntry = server.ExceptionRow;
export type Finding = server.FindingView;
export type HistoryEntry = server.StepView;
export type HuntColumn = server.ColumnView;
export type HuntSchema = server.SchemaView;
export type Lane = keyof server.LanesView;
export type MailServer = server.MailServerView;
export type MailSettings = server.SettingsView;
export type Matrix = server.MatrixView;
export type NextDuty = server.NextDutyView;
export type Organization = server.OrganizationView;
export type OrganizationRef = server.MyOrganization;
export type PersonRef = server.Named;
export type Raised = server.RaisedView;
export type Reclassification = server.ReclassificationView;
export type ReferenceList = server.ReferenceListRow;
export type RefusedRule = server.RefusedRow;
export type RequestClock = server.ClockView;
export type RequestForm = server.FormView;
export type Retainer = server.RetainerView;
export type RuleHit = server.RuleHitView;
export type RulesPage = server.RuleList;
export type SavedSearch = server.SearchRow;
export type SearchHit = server.HitView;
export type Section = server.SectionView;
export type SectionItem = server.ItemView;
export type Sign = server.SignView;
export type TreeNode = server.NodeView;
export type Triage = server.TriageView;

/** A page of a list: what the lists of the server have in common. */
export interface Page<T> {
  items: T[];
  next_cursor: string | null;
  total: number;
}

/** A value of an answer; a map (`unmapped`) comes as an object. Times are RFC 3339 in UTC. */
export type Cell = string | number | boolean | null | { [name: string]: unknown };

/** What a hunt found. The document leaves the cells open: each is what its column says. */
export type HuntAnswer = Omit<server.AnswerView, "rows"> & { rows: Cell[][] };
