/** Times as people read them: local with offset, UTC beside, relative where it helps. */
import type { Language } from "../api/types";

interface Parts {
  year: string;
  month: string;
  day: string;
  hour: string;
  minute: string;
  second: string;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  formatters.set(zone, made);
  return made;
}

function parts(at: Date, zone: string): Parts {
  const found: Record<string, string> = {};
  for (const part of formatter(zone).formatToParts(at)) found[part.type] = part.value;
  const of = (name: string) => found[name] ?? "00";
  return { year: of("year"), month: of("month"), day: of("day"), hour: of("hour"), minute: of("minute"), second: of("second") };
}

/** Offset of the zone at that instant, e.g. `+09:00`. */
export function offset(at: Date, zone: string): string {
  const local = parts(at, zone);
  const asUtc = Date.UTC(+local.year, +local.month - 1, +local.day, +local.hour, +local.minute, +local.second);
  const minutes = Math.round((asUtc - Math.floor(at.getTime() / 1000) * 1000) / 60_000);
  const sign = minutes < 0 ? "-" : "+";
  const size = Math.abs(minutes);
  return `${sign}${String(Math.floor(size / 60)).padStart(2, "0")}:${String(size % 60).padStart(2, "0")}`;
}

/** `2026-11-21 03:08:41 +09:00` */
export function full(iso: string, zone: string): string {
  const at = new Date(iso);
  return `${date(iso, zone)} ${clock(iso, zone)} ${offset(at, zone)}`;
}

/** `2026-11-21` */
export function date(iso: string, zone: string): string {
  const { year, month, day } = parts(new Date(iso), zone);
  return `${year}-${month}-${day}`;
}

/** `11-21` */
export function monthDay(iso: string, zone: string): string {
  return date(iso, zone).slice(5);
}

/** `03:08:41` */
export function clock(iso: string, zone: string): string {
  const { hour, minute, second } = parts(new Date(iso), zone);
  return `${hour}:${minute}:${second}`;
}

/** `03:08` */
export function clockShort(iso: string, zone: string): string {
  return clock(iso, zone).slice(0, 5);
}

/** `2026-11-20 18:08:41 UTC` */
export function utc(iso: string): string {
  return `${date(iso, "UTC")} ${clock(iso, "UTC")} UTC`;
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** `3 分前`, `in 2 hours` */
export function relative(iso: string, now: number, language: Language): string {
  const seconds = Math.round((new Date(iso).getTime() - now) / 1000);
  const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(Math.trunc(seconds / size), unit);
}

const UNITS: Record<Language, [string, string, string, string]> = {
  ja: ["日", "時間", "分", "秒"],
  en: ["d", "h", "min", "s"],
};

/** A span in its two largest units: `1 時間 12 分`, `4 min 8 s`. Never negative. */
export function span(milliseconds: number, language: Language): string {
  const seconds = Math.floor(Math.abs(milliseconds) / 1000);
  const amounts = [Math.floor(seconds / 86_400), Math.floor((seconds % 86_400) / 3_600), Math.floor((seconds % 3_600) / 60), seconds % 60];
  const first = amounts.findIndex((amount) => amount > 0);
  if (first === -1) return `0 ${UNITS[language][3]}`;
  const shown = amounts.map((amount, index) => ({ amount, unit: UNITS[language][index] })).slice(first, first + 2);
  return shown.filter(({ amount }, index) => index === 0 || amount > 0).map(({ amount, unit }) => `${amount} ${unit}`).join(" ");
}

export type ClockState = "calm" | "soon" | "missed";

/** Calm, then amber in the last quarter of the span, then missed. Without a start the last 30 minutes count as the last quarter of two hours. */
export function clockState(due: string, now: number, start?: string | null): ClockState {
  const end = new Date(due).getTime();
  if (now >= end) return "missed";
  const whole = start ? end - new Date(start).getTime() : 2 * 3_600_000;
  return end - now <= whole / 4 ? "soon" : "calm";
}
