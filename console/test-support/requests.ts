/** Requests, retainers and signs (S0-36 … S0-86, S2-3 … S2-11): a queue that can be worked on while the fixture runs. */
import type { Agreed, ClockAct, Language, Priority, Proof, RequestClock, RequestForm, RequestPage, RequestRow, Retainer, Sign } from "../src/api/types";
import { blank, missing, writtenOf } from "../src/pages/request/written.ts";
import { type Answered, type Asked, ok, refuse, type Route } from "./answers.ts";
import { ago } from "./clock.ts";
import { field, ORG, OTHER, PERSON } from "./people.ts";

const RETAINER: Retainer = {
  id: "01JRETAINER000000000000001",
  version: 1,
  org: ORG.id,
  agreed: { reference: "RT-2026-014", from: "2026-04-01", until: "2027-03-31", services: ["emergency", "proactive", "inquiry"], hours: 40, terms: { first_answer: "elapsed:1", inquiry_answer: "bh:8;cal=JP0917" }, note: "連絡は本社の情報システム部のみ。" },
  time_zone: "Asia/Tokyo",
  holds: true,
  created_at: ago(9_000_000),
};
const retainers = [RETAINER];
let count = 0;

function clock(duty: RequestClock["duty"], started: number, hours: number, over: Partial<RequestClock> = {}): RequestClock {
  const due = started - hours * 3600;
  return {
    duty,
    rule: `elapsed:${hours}`,
    source: "contract",
    standing: due < 0 ? (-due < hours * 900 ? "pressing" : "running") : "overdue",
    started_at: ago(started),
    due_at: ago(due),
    stopped_at: null,
    steps: [`起点 ${ago(started)}`, `${hours} 時間を加える(夜間・休日も数える)`, `期限 ${ago(due)}`],
    pauses: [],
    earlier: [],
    ...over,
  };
}

interface Made {
  org?: typeof ORG;
  form?: Partial<RequestForm>;
  received?: number;
  row?: Partial<RequestRow>;
  page?: Partial<RequestPage>;
}

function made({ org = ORG, form = {}, received = 0, row = {}, page = {} }: Made): RequestPage {
  count += 1;
  const whole = { ...blank("ja").form, ...form };
  const base: RequestRow = {
    id: `01JREQUEST00000000000000${String(count).padStart(2, "0")}`,
    version: 1,
    org: org.id,
    org_name: org.name,
    reference: `SR-20261123-${String(count).padStart(4, "0")}`,
    drill: org.drill,
    received_at: ago(received),
    channel: "hotline",
    written_by: PERSON,
    state: "open",
    service: whole.service,
    priority: "normal",
    rank: "on_demand",
    why: [],
    retainer: null,
    contact: whole.contact.name,
    summary: whole.request,
    language: "ja",
    sensitive: false,
    tlp: "TLP:AMBER",
    missing: [],
    assignee: null,
    clocks: [],
    ended: null,
    ...row,
  };
  return weighed({ request: base, form: whole, signs: [], declared: [], verified: null, comments: [], history: [], ...page });
}

/** What follows from what is written: the same that the server works out. */
function weighed(page: RequestPage): RequestPage {
  const { form, declared } = page;
  const priority: Priority = declared.at(-1)?.priority ?? "normal";
  const retainer = page.request.org === ORG.id ? RETAINER.agreed.reference : null;
  const service = priority === "emergency" ? "emergency" : form.service;
  const rank = retainer === null ? "on_demand" : service === "emergency" ? "retainer_emergency" : "retainer_proactive";
  const clocks = page.request.clocks.length === 0 && retainer !== null && service === "emergency" ? [clock("first_answer", Math.max(0, Math.round((Date.now() - Date.parse(page.request.received_at)) / 1000)), 1)] : page.request.clocks;
  return { ...page, request: { ...page.request, priority, retainer, service, rank, clocks, contact: form.contact.name, summary: form.request, missing: missing(form, priority === "emergency") } };
}

const contact = (name: string, phone: string) => ({ name, phone_primary: phone, phone_secondary: null, email: null });
const step = (action: string, seconds: number, reason = "") => ({ at: ago(seconds), who: PERSON.name, action, reason, version: 1, alert: null, decided: null });

const pages: RequestPage[] = [
  made({
    received: 1_260,
    form: { organization: ORG.name, contact: contact("田中 健一", "03-5550-0142"), service: "emergency", request: "受注サーバーのファイルがすべて開けなくなり、英語の脅迫文が表示されている。調査と復旧を支援してほしい。", state: "ongoing", business_impact: "受注と出荷が止まっている。" },
    row: { clocks: [clock("first_answer", 1_260, 1), clock("on_site", 600, 24, { standing: "paused", pauses: [{ from: ago(300), until: null, reason: "顧客の入館手続きを待っている", by: PERSON }], earlier: [{ started_at: ago(900), replaced_at: ago(500), reason: "正式な依頼は電話の後に届いた", by: PERSON, missed: false }] })] },
    page: {
      signs: ["ransom_note"],
      declared: [{ priority: "urgent", who: "田中 健一", channel: "hotline", at: ago(1_200), by: PERSON }, { priority: "emergency", who: "田中 健一", channel: "hotline", at: ago(1_100), by: PERSON }],
      verified: { proof: "call_back", who: "田中 健一", by: PERSON, at: ago(1_000) },
      history: [step("request.verify", 1_000), step("request.declare", 1_100), step("request.receive", 1_260)],
    },
  }),
  made({ received: 7_400, form: { organization: ORG.name, contact: contact("鈴木 由美子", "06-5550-0188"), service: "inquiry", request: "先月の検知レポートの読み方を教えてほしい。", urgency: "non_urgent" }, row: { channel: "mail", written_by: null, state: "taken", assignee: PERSON, clocks: [clock("inquiry_answer", 7_400, 2)] }, page: { declared: [{ priority: "urgent", who: "鈴木 由美子", channel: "mail", at: ago(7_400), by: null }] } }),
  made({ received: 3_000, form: { organization: ORG.name, service: "proactive", request: "新しい拠点の端末 40 台を監視に加えたい。" }, row: { channel: "form" } }),
  made({ org: OTHER, received: 5_400, form: { organization: "青葉商事", contact: contact("O'Neill, Siobhán", "+44 20 7946 0018"), service: "emergency", urgency: "urgent", request: "Our web shop shows somebody else's page." }, row: { channel: "mail", written_by: null, language: "en", sensitive: true }, page: { signs: ["defacement"] } }),
];

const WHY: Record<Language, Record<RequestRow["rank"], string>> = {
  ja: { retainer_emergency: "リテイナー契約(RT-2026-014)の緊急対応：割り当て順位 1", retainer_proactive: "リテイナー契約(RT-2026-014)の依頼：割り当て順位 2", on_demand: "契約外の依頼(ベストエフォート)：割り当て順位 3" },
  en: { retainer_emergency: "Emergency under retainer RT-2026-014: assigned first", retainer_proactive: "Request under retainer RT-2026-014: assigned second", on_demand: "On demand, best effort: assigned third" },
};

function told(page: RequestPage, language: Language): RequestPage {
  const last = page.declared.at(-1);
  const none = language === "ja" ? "優先度の申告なし(通常)" : "No priority declared: normal";
  const said = last === undefined ? none : language === "ja" ? `${last.who} が電話で ${last.priority.toUpperCase()} と申告` : `${last.who} declared ${last.priority.toUpperCase()} by telephone`;
  return { ...page, request: { ...page.request, why: [WHY[language][page.request.rank], said] } };
}

const RANK = { retainer_emergency: 1, retainer_proactive: 2, on_demand: 3 };

function list(asked: Asked): Answered {
  const state = asked.query.get("state") ?? "all";
  const q = asked.query.get("q") ?? "";
  const fits = ({ request: of }: RequestPage) =>
    (state === "all" || (state === "unended" ? of.state !== "ended" : of.state === state)) &&
    (asked.query.get("service") ?? of.service) === of.service &&
    (asked.query.get("org") ?? of.org) === of.org &&
    (asked.query.get("assignee") === null || (asked.query.get("assignee") === "me" ? of.assignee !== null : of.assignee === null)) &&
    `${of.reference} ${of.contact} ${of.summary}`.includes(q);
  const found = pages.filter(fits).sort((a, b) => RANK[a.request.rank] - RANK[b.request.rank]);
  const items = found.slice(0, Number(asked.query.get("limit") ?? 50)).map((page) => told(page, asked.language).request);
  return ok({ items, next_cursor: null, total: found.length });
}

function receive(asked: Asked): Answered {
  const of = (name: string) => field(asked.body, name);
  const page = made({ org: of("org") === OTHER.id ? OTHER : ORG, form: of("form") as RequestForm, row: { received_at: String(of("received_at") ?? ago(0)), language: of("language") as Language }, page: { signs: of("signs") as string[], history: [step("request.receive", 0)] } });
  pages.unshift(page);
  return { status: 201, body: told(page, asked.language) };
}

/** Changes the request, unless somebody has looked at an earlier version. */
function act(change: (page: RequestPage, of: (name: string) => unknown) => RequestPage) {
  return (asked: Asked, id: string): Answered => {
    const at = pages.findIndex(({ request }) => request.id === id);
    const page = pages[at];
    if (page === undefined) return refuse(404, "not_found", "no such request");
    const expected = field(asked.body, "expected_version");
    if (expected !== undefined && expected !== page.request.version) return refuse(409, "conflict", "the request was changed");
    const changed = change(page, (name) => field(asked.body, name));
    pages[at] = weighed({ ...changed, request: { ...changed.request, version: page.request.version + 1 } });
    return ok(told(pages[at], asked.language));
  };
}

const write = act((page, of) => ({ ...page, form: of("form") as RequestForm, signs: of("signs") as string[], request: { ...page.request, ...(({ language, sensitive, tlp }) => ({ language, sensitive, tlp }))({ ...writtenOf(page), language: of("language") as Language, sensitive: of("sensitive") === true }) } }));
const assign = act((page, of) => ({ ...page, request: { ...page.request, state: of("person") === null ? "open" : "taken", assignee: of("person") === null ? null : PERSON } }));
const declare = act((page, of) => ({ ...page, declared: [...page.declared, { priority: of("priority") as Priority, who: String(of("who")), channel: "hotline", at: ago(0), by: PERSON }] }));
const verify = act((page, of) => ({ ...page, verified: { proof: of("proof") as Proof, who: String(of("who")), by: PERSON, at: ago(0) } }));
const end = act((page, of) => ({ ...page, request: { ...page.request, state: "ended", ended: { outcome: of("outcome") as "handled", reason: String(of("reason")), by: PERSON, at: ago(0) } } }));
const turn = act((page, of) => {
  const [duty, kind] = [of("duty") as RequestClock["duty"], of("act") as ClockAct];
  if (kind === "start") return { ...page, request: { ...page.request, clocks: [...page.request.clocks, clock(duty, 0, 24)] } };
  const standing = ({ pause: "paused", resume: "running", rebase: "running", stop: "met" } as const)[kind];
  const clocks = page.request.clocks.map((each) => (each.duty === duty ? { ...each, standing, stopped_at: kind === "stop" ? ago(0) : null } : each));
  return { ...page, request: { ...page.request, clocks } };
});

function signs(asked: Asked): Answered {
  const t = (ja: string, en: string) => (asked.language === "ja" ? ja : en);
  const sign = (name: string, title: string): Sign => ({ sign: name, title, questions: [t("どの端末・サーバで、いつ気づいたか。広がっているか", "On which computers, noticed when, is it spreading?"), t("バックアップは無事か。切り離してあるか", "Are the backups sound, are they offline?")], evidence: [t("電源を切らずに切り離し、メモリを取得", "Take it off the network without switching it off, then memory")] });
  const items = [["defacement", "Web ページの改ざん", "A web page was defaced"], ["denial_of_service", "DoS 攻撃などの不正パケットの増加", "Illicit packets such as DoS increased"], ["leak_complaint", "個人情報が漏えいしたという苦情", "Complaint that personal data has leaked"], ["ransom_note", "ファイルが開けない・脅迫文がある", "Files cannot be opened, a ransom note is there"], ["strange_file", "サーバ上の不審なファイル", "A suspicious file on a server"]] as const;
  return ok({ items: items.map(([name, ja, en]) => sign(name, t(ja, en))) });
}

export function requestRoutes(): Route[] {
  return [
    ["GET", /^\/requests$/, list],
    ["POST", /^\/requests$/, receive],
    ["GET", /^\/requests\/([^/]+)$/, (asked, id) => ((page) => (page === undefined ? refuse(404, "not_found", "no such request") : ok(told(page, asked.language))))(pages.find(({ request }) => request.id === id))],
    ["PUT", /^\/requests\/([^/]+)$/, write],
    ["POST", /^\/requests\/([^/]+)\/assign$/, assign],
    ["POST", /^\/requests\/([^/]+)\/declare$/, declare],
    ["POST", /^\/requests\/([^/]+)\/verify$/, verify],
    ["POST", /^\/requests\/([^/]+)\/clock$/, turn],
    ["POST", /^\/requests\/([^/]+)\/end$/, end],
    ["POST", /^\/requests\/([^/]+)\/comments$/, () => ({ status: 201, body: {} })],
    ["GET", /^\/signs$/, signs],
    ["GET", /^\/organizations\/([^/]+)\/retainers$/, (_, org) => ok({ items: retainers.filter((retainer) => retainer.org === org) })],
    ["POST", /^\/organizations\/([^/]+)\/retainers$/, (asked, org) => ({ status: 201, body: retainers[retainers.push({ ...RETAINER, id: `01JRETAINER00000000000000${retainers.length + 1}`, org, agreed: asked.body as Agreed }) - 1] })],
    ["PUT", /^\/retainers\/([^/]+)$/, () => ok(RETAINER)],
  ];
}
