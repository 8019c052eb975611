/** What a request is, in a word each: priority, service, rank, what is missing, clock. */
import { Tooltip } from "@mantine/core";
import { Lock, Siren, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { Priority, RequestClock as Clock, RequestRow, ServiceKind } from "../../api/types";
import { useText } from "../../i18n/language";
import { DueClock } from "../../parts/DueClock";
import type { Item } from "../request/written";
import styles from "./RequestChips.module.css";

/** EMERGENCY and URGENT are seen from across the room; normal is a quiet word. */
export function PriorityChip(props: { priority: Priority; large?: boolean }) {
  const t = useText();
  return (
    <span className={styles.priority} data-priority={props.priority} data-large={props.large}>
      {props.priority === "emergency" && <Siren size={props.large === true ? 18 : 14} aria-hidden />}
      {t.requests.words.priority[props.priority]}
    </span>
  );
}

export function ServiceChip(props: { service: ServiceKind | null }) {
  const t = useText();
  const { service } = props;
  return (
    <span className={styles.service} data-service={service ?? "none"}>
      {service === null ? t.requests.words.serviceNone : t.requests.words.service[service]}
    </span>
  );
}

export function SensitiveChip() {
  const t = useText();
  return (
    <span className={styles.sensitive} title={t.requests.sensitiveNote}>
      <Lock size={13} aria-hidden /> {t.requests.sensitive}
    </span>
  );
}

const RANKS = { retainer_emergency: 1, retainer_proactive: 2, on_demand: 3 } as const;

export function rankNumber(row: RequestRow): number {
  return RANKS[row.rank];
}

/** The rank, and on hover, focus or tap why. */
export function RankMark(props: { row: RequestRow }) {
  const t = useText();
  const { row } = props;
  const rank = rankNumber(row);
  return (
    <More label={<Lines lines={row.why} />}>
      <button type="button" className={styles.rank} data-rank={rank} aria-label={`${t.requests.rankNumber(rank)}: ${row.why.join(" ")}`}>
        {rank}
      </button>
    </More>
  );
}

/** How many items are missing, and which. */
export function MissingMark(props: { row: RequestRow }) {
  const t = useText();
  const items = missingNames(props.row, t.requests.words.item);
  if (items.length === 0) return <span className={styles.complete}>{t.requests.complete}</span>;
  return (
    <More label={<Lines title={t.requests.missingList} lines={items} />}>
      <button type="button" className={styles.missing} aria-label={`${t.requests.missingCount(items.length)} ${t.requests.missingList}: ${items.join(t.parts.comma)}`}>
        {t.requests.missingCount(items.length)}
      </button>
    </More>
  );
}

export function missingNames(row: RequestRow, names: Record<Item, string>): string[] {
  return row.missing.map((item) => names[item as Item] ?? item);
}

function More(props: { label: ReactNode; children: ReactNode }) {
  return (
    <Tooltip multiline w={300} position="bottom-start" label={props.label} events={{ hover: true, focus: true, touch: true }}>
      {props.children}
    </Tooltip>
  );
}

function Lines(props: { title?: string; lines: string[] }) {
  return (
    <>
      {props.title !== undefined && <strong>{props.title}</strong>}
      {props.lines.map((line) => (
        <span key={line} className={styles.line}>
          {line}
        </span>
      ))}
    </>
  );
}

/** The clock that is due first; where none runs, how the last one ended, or why there is none. */
export function FirstClock(props: { row: RequestRow }) {
  const t = useText();
  const { clocks, retainer } = props.row;
  const clock = clocks[0];
  if (clock === undefined) return <span className={styles.none}>{retainer === null ? t.requests.bestEffort : t.requests.noClock}</span>;
  return <RequestClock clock={clock} />;
}

export function RequestClock(props: { clock: Clock }) {
  const t = useText();
  const { clock } = props;
  const { standing } = clock;
  if (clock.due_at === null) {
    return (
      <span className={styles.uncounted} title={t.request.clock.uncountedNote}>
        <TriangleAlert size={14} aria-hidden /> {t.requests.words.standing.uncounted}
      </span>
    );
  }
  const stopped = clock.stopped_at === null ? null : { at: clock.stopped_at, met: standing === "met" };
  return <DueClock due={clock.due_at} start={clock.started_at} stopped={stopped} paused={standing === "paused" ? t.requests.paused : null} why={clock.steps} />;
}
