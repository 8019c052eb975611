/** Which span the timeline shows, and where its ticks stand. */
import type { Triage } from "../../api/types";
import { clock, clockShort, monthDay } from "../../time/format";
import type { Range } from "./search";

export interface Span {
  from: number;
  to: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SILENCE = 30 * MINUTE;

export function spanOf(range: Range, triage: Pick<Triage, "window" | "sections">): Span {
  const detected = Date.parse(triage.window.detected_at);
  const whole = { from: Date.parse(triage.window.from), to: Math.max(Date.parse(triage.window.to), detected + MINUTE) };
  if (range === "all") return whole;
  if (range === "day") return { from: detected - DAY, to: Math.max(whole.to, detected + HOUR) };
  if (range === "hour") return { from: detected - HOUR, to: detected + HOUR };
  if (range === "minutes") return { from: detected - 5 * MINUTE, to: detected + 5 * MINUTE };
  const { first, last } = around(detected, triage.sections.flatMap(({ items }) => items.map(({ time }) => Date.parse(time))));
  const margin = Math.max((last - first) * 0.06, 5_000);
  return { from: first - margin, to: last + margin };
}

/** What happened around the detection, up to the first silence of half an hour on either side: a logon days ago squeezes nothing. */
function around(detected: number, times: number[]): { first: number; last: number } {
  const sorted = [...times].sort((a, b) => a - b);
  let first = detected;
  for (const at of sorted.filter((time) => time <= detected).reverse()) {
    if (first - at > SILENCE) break;
    first = at;
  }
  let last = detected;
  for (const at of sorted.filter((time) => time > detected)) {
    if (at - last > SILENCE) break;
    last = at;
  }
  return { first, last };
}

const STEPS = [1_000, 2_000, 5_000, 10_000, 30_000, MINUTE, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY];

/** Round instants of the zone, at most `most` of them. `zoneOffset` in ms keeps days at local midnight. */
export function ticks(span: Span, most: number, zoneOffset: number): { at: number; step: number }[] {
  const step = STEPS.find((candidate) => (span.to - span.from) / candidate <= most) ?? 7 * DAY;
  const first = Math.ceil((span.from + zoneOffset) / step) * step - zoneOffset;
  const found: { at: number; step: number }[] = [];
  for (let at = first; at <= span.to; at += step) found.push({ at, step });
  return found;
}

export function tickLabel(at: number, step: number, zone: string): string {
  const iso = new Date(at).toISOString();
  if (step >= DAY) return monthDay(iso, zone);
  return step >= MINUTE ? clockShort(iso, zone) : clock(iso, zone);
}
