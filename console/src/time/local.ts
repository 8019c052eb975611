/** Between an instant and what `<input type="datetime-local">` shows of it in a zone. */
import { clock, date, offset } from "./format";

/** `2026-11-21T03:08`, or with seconds. */
export function localInput(iso: string, zone: string, seconds = false): string {
  return `${date(iso, zone)}T${clock(iso, zone).slice(0, seconds ? 8 : 5)}`;
}

/** The instant of a local time; of a time that a zone skips, the one as long after the gap. Null where the text is no time. */
export function instantOf(local: string, zone: string): string | null {
  const asUtc = Date.parse(`${local}Z`);
  if (Number.isNaN(asUtc)) return null;
  const first = new Date(asUtc - minutes(new Date(asUtc), zone) * 60_000);
  return new Date(asUtc - minutes(first, zone) * 60_000).toISOString();
}

/** Minutes that the zone is ahead of UTC. */
function minutes(at: Date, zone: string): number {
  const [hour = 0, minute = 0] = offset(at, zone).slice(1).split(":").map(Number);
  return (offset(at, zone).startsWith("-") ? -1 : 1) * (hour * 60 + minute);
}
