/** What is written down of a request, item by item, and how the writing of two people is put together. */
import type { Language, RequestForm, RequestPage, Tlp } from "../../api/types";

export interface Written {
  form: RequestForm;
  /** Names of signs of the playbook. */
  signs: string[];
  language: Language;
  sensitive: boolean;
  tlp: Tlp;
}

/** The items of the form, in its order: the server names what is missing by these keys. */
export const ITEMS = [
  "organization",
  "sites",
  "contact.name",
  "contact.phone_primary",
  "contact.phone_secondary",
  "contact.email",
  "service",
  "request",
  "indicators",
  "state",
  "business_impact",
  "urgency",
  "scoping_call",
] as const;
export type Item = (typeof ITEMS)[number];

const MARKS = ["signs", "language", "sensitive", "tlp"] as const;
/** What is saved as a whole: two people who wrote different parts are in nobody's way. */
export type Part = Item | (typeof MARKS)[number];
const PARTS: readonly Part[] = [...ITEMS, ...MARKS];

export function blank(language: Language): Written {
  return {
    form: {
      organization: null,
      sites: [],
      contact: { name: null, phone_primary: null, phone_secondary: null, email: null },
      service: null,
      urgency: null,
      state: null,
      indicators: null,
      business_impact: null,
      request: null,
      scoping_call: null,
    },
    signs: [],
    language,
    sensitive: false,
    tlp: "TLP:AMBER",
  };
}

export function writtenOf(page: RequestPage): Written {
  const { language, sensitive, tlp } = page.request;
  return { form: page.form, signs: page.signs, language, sensitive, tlp };
}

/** The items without an answer. Those of an emergency count where one is asked for or was declared; the server counts the same. */
export function missing(form: RequestForm, emergency: boolean): Item[] {
  const pressing = emergency || form.service === "emergency";
  const only: readonly Item[] = ["indicators", "state", "business_impact"];
  return ITEMS.filter((item) => (pressing || !only.includes(item)) && plain(value(form, item)) === null);
}

export function same(one: Written, other: Written): boolean {
  return PARTS.every((part) => alike(valueOf(one, part), valueOf(other, part)));
}

/** Both writings upon what both had read. Where both changed one part, mine stands and the part is named. */
export function merge(base: Written, mine: Written, theirs: Written): { merged: Written; parts: Part[] } {
  let merged = mine;
  const parts: Part[] = [];
  for (const part of PARTS) {
    const [before, my, their] = [valueOf(base, part), valueOf(mine, part), valueOf(theirs, part)];
    if (alike(before, their) || alike(my, their)) continue;
    if (alike(before, my)) merged = withPart(merged, part, theirs);
    else parts.push(part);
  }
  return { merged, parts };
}

/** `of` with that part as it stands in `from`. */
export function withPart(of: Written, part: Part, from: Written): Written {
  if (part === "signs" || part === "language" || part === "sensitive" || part === "tlp") return { ...of, [part]: from[part] };
  const { form } = of;
  if (part.startsWith("contact.")) {
    const name = part.slice("contact.".length) as keyof RequestForm["contact"];
    return { ...of, form: { ...form, contact: { ...form.contact, [name]: from.form.contact[name] } } };
  }
  return { ...of, form: { ...form, [part]: from.form[part as keyof RequestForm] } };
}

function value(form: RequestForm, item: Item): unknown {
  if (item.startsWith("contact.")) return form.contact[item.slice("contact.".length) as keyof RequestForm["contact"]];
  return form[item as keyof RequestForm];
}

export function valueOf(of: Written, part: Part): unknown {
  if (part === "signs") return [...of.signs].sort();
  return part === "language" || part === "sensitive" || part === "tlp" ? of[part] : value(of.form, part);
}

function alike(one: unknown, other: unknown): boolean {
  return JSON.stringify(plain(one)) === JSON.stringify(plain(other));
}

/** As the server keeps it: without spaces around, and nothing where nothing was said. */
function plain(value: unknown): unknown {
  if (typeof value === "string") return value.trim() === "" ? null : value.trim();
  if (Array.isArray(value)) {
    const some = value.map(plain).filter((each) => each !== null);
    return some.length === 0 ? null : some;
  }
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).map(([name, of]) => [name, plain(of)] as const);
    // A zone alone is no wish, a town alone is no site.
    const said = fields.some(([name, of]) => (name === "raw" || name === "wished") && of !== null);
    return said ? Object.fromEntries(fields.sort(([a], [b]) => a.localeCompare(b))) : null;
  }
  return value ?? null;
}
