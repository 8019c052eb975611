/** A time: local with offset, relative beside or on hover, UTC on hover. */
import { useZone } from "../api/queries";
import { useLanguage } from "../i18n/language";
import { clock, date, full, monthDay, offset, relative, utc } from "../time/format";
import { useNow } from "../time/now";

export type TimeForm = "full" | "clock" | "short" | "relative" | "both";

export function Time(props: { at: string; form?: TimeForm; className?: string }) {
  const zone = useZone();
  const { language } = useLanguage();
  const now = useNow(props.form === "relative" || props.form === "both" ? 10 : 3600);
  const ago = relative(props.at, now, language);
  return (
    <time className={props.className} dateTime={props.at} title={`${full(props.at, zone)}\n${utc(props.at)}`}>
      {shown(props.at, zone, props.form ?? "full", ago, now)}
    </time>
  );
}

function shown(at: string, zone: string, form: TimeForm, ago: string, now: number): string {
  if (form === "relative") return ago;
  if (form === "clock") return clock(at, zone);
  if (form === "both") return `${full(at, zone)} (${ago})`;
  if (form === "short") {
    const today = date(at, zone) === date(new Date(now).toISOString(), zone);
    return today ? `${clock(at, zone)} ${offset(new Date(at), zone)}` : `${monthDay(at, zone)} ${clock(at, zone).slice(0, 5)}`;
  }
  return full(at, zone);
}
