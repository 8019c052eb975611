/** What is read aloud to a caller at the end of a call: in the caller's language, whatever language the console speaks. */
import type { Language, Priority, RequestForm } from "../api/types";
import { clockShort, date } from "../time/format";

export interface ReadBack {
  org: string;
  reference: string | null;
  /** When the call began. */
  began: string;
  now: number;
  zone: string;
  priority: Priority;
  form: RequestForm;
}

const LANGUAGES: Record<Language, (of: ReadBack) => string[]> = { ja: japanese, en: english };

/** Plain sentences; what was not heard is not read. */
export function readBack(of: ReadBack, language: Language): string[] {
  return LANGUAGES[language](of);
}

const SERVICE = {
  ja: { emergency: "緊急インシデント対応", proactive: "事前対応", inquiry: "お問い合わせ" },
  en: { emergency: "emergency response", proactive: "proactive work", inquiry: "an inquiry" },
};
const THREAT = {
  ja: { ongoing: "現在も続いています", contained: "すでに封じ込められています", future: "これから起こるおそれがあります" },
  en: { ongoing: "It is still going on.", contained: "It has been contained.", future: "It has not happened yet." },
};

function japanese({ org, reference, began, now, zone, priority, form }: ReadBack): string[] {
  const { contact } = form;
  const time = clockShort(began, zone).split(":").map(Number);
  const today = date(began, zone) === date(new Date(now).toISOString(), zone);
  const [, month, day] = date(began, zone).split("-").map(Number);
  const when = `${today ? "本日" : `${month} 月 ${day} 日`} ${time[0]} 時 ${time[1]} 分`;
  const caller = said(contact.name) === null ? `${org} 様` : `${org} ${said(contact.name)} 様`;
  return some([
    `復唱いたします。${caller}、${when}にお電話をいただきました。`,
    line(contact.phone_primary, (text) => `折り返しのお電話番号は ${text} です。`),
    line(contact.email, (text) => `メールアドレスは ${text} です。`),
    priority === "normal" ? null : `${priority === "emergency" ? "EMERGENCY" : "URGENT"} とのお申し出を承りました。`,
    form.sites.length === 0 ? null : `影響を受けた拠点は、${form.sites.map(({ raw }) => raw.trim()).filter(Boolean).join("、")} です。`,
    form.service === null ? null : `ご希望は${SERVICE.ja[form.service]}です。`,
    line(form.request, (text) => `内容は「${text}」です。`),
    form.state === null ? null : `事象は${THREAT.ja[form.state]}。`,
    line(form.indicators, (text) => `手掛かりは「${text}」です。`),
    line(form.business_impact, (text) => `業務への影響は「${text}」です。`),
    line(form.scoping_call?.raw ?? null, (text) => `お打ち合わせのご希望は「${text}」です。`),
    reference === null ? null : `受付番号は ${reference} です。`,
    "以上でお間違いないでしょうか。",
  ]);
}

function english({ org, reference, began, now, zone, priority, form }: ReadBack): string[] {
  const { contact } = form;
  const today = date(began, zone) === date(new Date(now).toISOString(), zone);
  const when = `${today ? "today" : `on ${date(began, zone)}`} at ${clockShort(began, zone)}`;
  const caller = said(contact.name) === null ? org : `${said(contact.name)} of ${org}`;
  return some([
    `Let me read this back. ${caller} called ${when}.`,
    line(contact.phone_primary, (text) => `We call you back at ${text}.`),
    line(contact.email, (text) => `Your mail address is ${text}.`),
    priority === "normal" ? null : `You declared this ${priority === "emergency" ? "an EMERGENCY" : "URGENT"}.`,
    form.sites.length === 0 ? null : `These sites are affected: ${form.sites.map(({ raw }) => raw.trim()).filter(Boolean).join(", ")}.`,
    form.service === null ? null : `You ask for ${SERVICE.en[form.service]}.`,
    line(form.request, (text) => `You said: “${text}”.`),
    form.state === null ? null : THREAT.en[form.state],
    line(form.indicators, (text) => `What was seen: “${text}”.`),
    line(form.business_impact, (text) => `The impact on your business: “${text}”.`),
    line(form.scoping_call?.raw ?? null, (text) => `You wish to talk: “${text}”.`),
    reference === null ? null : `Your reference is ${reference}.`,
    "Is all of that right?",
  ]);
}

function said(text: string | null): string | null {
  const trimmed = text?.trim() ?? "";
  return trimmed === "" ? null : trimmed.replace(/[。.]$/, "");
}

function line(text: string | null, write: (text: string) => string): string | null {
  const words = said(text);
  return words === null ? null : write(words);
}

function some(lines: (string | null)[]): string[] {
  return lines.filter((each) => each !== null);
}
