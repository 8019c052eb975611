import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { RequestRow } from "../../api/types";
import type { Dictionary } from "../../i18n/dictionary";
import { useText } from "../../i18n/language";
import { DrillChip, TlpChip } from "../../parts/Chips";
import { Time } from "../../parts/Time";
import type { Column } from "../../table/DataTable";
import list from "../alerts/AlertsPage.module.css";
import { FirstClock, MissingMark, missingNames, PriorityChip, RankMark, rankNumber, SensitiveChip, ServiceChip } from "./RequestChips";
import styles from "./RequestsPage.module.css";

/** Takes a request for the person; null: they may only read. */
export type Take = ((row: RequestRow) => void) | null;

export function requestColumns(t: Dictionary, take: Take): Column<RequestRow>[] {
  const head = t.requests.columns;
  const { words } = t.requests;
  return [
    { id: "reference", head: head.reference, width: "174px", fixed: true, cell: (row) => <Came row={row} />, value: (row) => row.reference },
    { id: "rank", head: head.rank, width: "58px", cell: (row) => <RankMark row={row} />, value: (row) => `${rankNumber(row)}: ${row.why.join(" ")}` },
    { id: "priority", head: head.priority, width: "148px", fixed: true, cell: (row) => <PriorityChip priority={row.priority} />, value: (row) => words.priority[row.priority] },
    { id: "service", head: head.service, width: "112px", cell: (row) => <ServiceChip service={row.service} />, value: (row) => (row.service === null ? "" : words.service[row.service]) },
    { id: "org", head: head.org, width: "minmax(200px, 2fr)", fixed: true, cell: (row) => <Asked row={row} />, value: (row) => row.org_name },
    { id: "clock", head: head.clock, width: "152px", cell: (row) => <FirstClock row={row} />, value: (row) => row.clocks[0]?.due_at ?? "" },
    { id: "missing", head: head.missing, width: "72px", cell: (row) => <MissingMark row={row} />, value: (row) => missingNames(row, words.item).join(" / ") },
    { id: "contact", head: head.contact, width: "minmax(104px, 0.5fr)", cell: (row) => <span title={row.contact ?? undefined}>{row.contact}</span>, value: (row) => row.contact },
    { id: "assignee", head: head.assignee, width: "minmax(104px, 0.5fr)", cell: (row) => <Assignee row={row} take={take} t={t} />, value: (row) => row.assignee?.name ?? "" },
    { id: "received", head: head.received, width: "148px", optional: true, cell: (row) => <Time at={row.received_at} form="short" />, value: (row) => row.received_at },
    { id: "summary", head: head.summary, width: "minmax(200px, 1.4fr)", optional: true, cell: (row) => <span title={row.summary ?? undefined}>{row.summary}</span>, value: (row) => row.summary },
    { id: "state", head: head.state, width: "92px", optional: true, cell: (row) => words.state[row.state], value: (row) => words.state[row.state] },
    { id: "retainer", head: head.retainer, width: "minmax(110px, 0.6fr)", optional: true, cell: (row) => row.retainer ?? t.requests.bestEffort, value: (row) => row.retainer },
    { id: "channel", head: head.channel, width: "92px", optional: true, cell: (row) => words.channel[row.channel], value: (row) => words.channel[row.channel] },
    { id: "language", head: head.language, width: "92px", optional: true, cell: (row) => t.words.language[row.language], value: (row) => row.language },
    { id: "tlp", head: head.tlp, width: "142px", optional: true, cell: (row) => <TlpChip tlp={row.tlp} />, value: (row) => row.tlp },
  ];
}

function Reference(props: { row: RequestRow }) {
  const { row } = props;
  return (
    <span className={list.name}>
      <Link to="/requests/$id" params={{ id: row.id }}>
        {row.reference}
      </Link>
      {row.drill && <DrillChip />}
    </span>
  );
}

/** What it is called, and when it came. */
function Came(props: { row: RequestRow }) {
  const t = useText();
  const { row } = props;
  return (
    <span className={styles.asked}>
      <Link to="/requests/$id" params={{ id: row.id }} className={styles.reference}>
        {row.reference}
      </Link>
      <span className={styles.summary}>
        <Time at={row.received_at} form="short" /> {row.drill && <strong className={styles.drill}>{t.words.drill}</strong>}
      </span>
    </span>
  );
}

/** Who asks, and the beginning of what. */
function Asked(props: { row: RequestRow }) {
  const { row } = props;
  return (
    <span className={styles.asked}>
      <span className={styles.org} title={row.org_name}>
        {row.org_name} {row.sensitive && <SensitiveChip />}
      </span>
      {row.summary !== null && (
        <span className={styles.summary} title={row.summary}>
          {row.summary}
        </span>
      )}
    </span>
  );
}

function Assignee(props: { row: RequestRow; take: Take; t: Dictionary }) {
  const { row, take, t } = props;
  if (row.assignee !== null) return <span title={row.assignee.name}>{row.assignee.name}</span>;
  if (take === null || row.state === "ended") return <span className={list.dim}>{t.words.nobody}</span>;
  return (
    <Button size="compact-xs" variant="default" onClick={() => take(row)} aria-label={t.requests.takeIt(row.reference)} aria-keyshortcuts="t">
      {t.requests.take}
    </Button>
  );
}

export function RequestCard(props: { row: RequestRow; take: Take; t: Dictionary }) {
  const { row, take, t } = props;
  const items = missingNames(row, t.requests.words.item);
  return (
    <div className={styles.card}>
      <div className={styles.cardTop}>
        <PriorityChip priority={row.priority} />
        <ServiceChip service={row.service} />
        {row.sensitive && <SensitiveChip />}
        <span className={styles.cardClock}>
          <FirstClock row={row} />
        </span>
      </div>
      <Reference row={row} />
      <p className={styles.cardOrg}>
        {row.org_name}
        {row.contact !== null && ` · ${row.contact}`}
      </p>
      {row.summary !== null && <p className={styles.cardSummary}>{row.summary}</p>}
      <p className={styles.cardWhy}>
        <strong>{t.requests.rankNumber(rankNumber(row))}</strong> {row.why.join(" / ")}
      </p>
      {items.length > 0 && <p className={styles.cardWhy}>{t.requests.missingTo(items.join(t.parts.comma))}</p>}
      <div className={styles.cardFoot}>
        <Time at={row.received_at} form="short" />
        <Assignee row={row} take={take} t={t} />
      </div>
    </div>
  );
}
