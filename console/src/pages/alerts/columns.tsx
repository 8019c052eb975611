import { Link } from "@tanstack/react-router";
import type { AlertRow } from "../../api/types";
import type { Dictionary } from "../../i18n/dictionary";
import { DrillChip, VerdictChip } from "../../parts/Chips";
import { DueClock } from "../../parts/DueClock";
import { Time } from "../../parts/Time";
import type { Column } from "../../table/DataTable";
import styles from "./AlertsPage.module.css";

export function alertColumns(t: Dictionary): Column<AlertRow>[] {
  const head = t.alerts.columns;
  return [
    { id: "verdict", head: head.verdict, width: "92px", fixed: true, cell: (row) => <VerdictChip verdict={row.verdict} />, value: (row) => row.verdict ?? "" },
    { id: "name", head: head.name, width: "minmax(240px, 2fr)", fixed: true, cell: (row) => <Name row={row} />, value: (row) => row.name },
    { id: "host", head: head.host, width: "minmax(190px, 0.6fr)", cell: (row) => <span title={row.host}>{row.host}</span>, value: (row) => row.host },
    { id: "urgency", head: head.urgency, width: "minmax(124px, 0.6fr)", sortable: true, cell: (row) => <span className={styles.two} title={row.urgency.reason}>{row.urgency.reason}</span>, value: (row) => row.urgency.reason },
    { id: "received", head: head.received, width: "142px", sortable: true, cell: (row) => <Time at={row.received_at} form="short" />, value: (row) => row.received_at },
    { id: "due", head: head.due, width: "108px", sortable: true, cell: (row) => <Due row={row} />, value: (row) => row.due_at },
    { id: "state", head: head.state, width: "92px", optional: true, cell: (row) => t.words.alertState[row.state], value: (row) => row.state },
    { id: "assignee", head: head.assignee, width: "minmax(76px, 0.3fr)", cell: (row) => <Assignee row={row} nobody={t.words.nobody} />, value: (row) => row.assignee?.name ?? "" },
    { id: "case", head: head.case, width: "minmax(166px, 0.3fr)", cell: (row) => <CaseLink row={row} />, value: (row) => row.case?.title ?? "" },
    { id: "score", head: head.score, width: "72px", numeric: true, optional: true, sortable: true, cell: (row) => row.score, value: (row) => row.score },
    { id: "org", head: head.org, width: "minmax(130px, 1fr)", optional: true, cell: (row) => row.org_name, value: (row) => row.org_name },
    { id: "product", head: head.product, width: "minmax(110px, 0.9fr)", optional: true, cell: (row) => row.product, value: (row) => row.product },
    { id: "action", head: head.action, width: "104px", optional: true, cell: (row) => t.words.action[row.action], value: (row) => row.action },
    { id: "repeats", head: head.repeats, width: "76px", numeric: true, optional: true, cell: (row) => row.repeats, value: (row) => row.repeats },
    { id: "detected", head: head.detected, width: "158px", optional: true, cell: (row) => <Time at={row.detected_at} form="short" />, value: (row) => row.detected_at },
    { id: "image", head: head.image, width: "minmax(220px, 2fr)", optional: true, cell: (row) => <span title={row.image ?? undefined}>{row.image}</span>, value: (row) => row.image },
  ];
}

function Name(props: { row: AlertRow }) {
  const { row } = props;
  return (
    <span className={styles.name}>
      <Link to="/alerts/$id" params={{ id: row.id }} title={row.name}>
        {row.name}
      </Link>
      {row.repeats > 0 && <span className={styles.repeats}>×{row.repeats + 1}</span>}
      {row.drill && <DrillChip />}
    </span>
  );
}

/** The clock of the flash report: running, or met or missed with both times in its hover. */
export function Due(props: { row: AlertRow; why?: string[] }) {
  const { row } = props;
  if (row.target === "none") return null;
  const stopped = row.target === "running" ? null : { at: row.reported_at ?? row.due_at, met: row.target === "met" };
  return <DueClock due={row.due_at} start={row.received_at} stopped={stopped} {...(props.why === undefined ? {} : { why: props.why })} />;
}

function Assignee(props: { row: AlertRow; nobody: string }) {
  return props.row.assignee === null ? <span className={styles.dim}>{props.nobody}</span> : props.row.assignee.name;
}

function CaseLink(props: { row: AlertRow }) {
  const of = props.row.case;
  return of === null ? null : (
    <Link to="/cases/$id" params={{ id: of.id }} title={of.title} className={styles.two}>
      {of.title}
    </Link>
  );
}

export function AlertCard(props: { row: AlertRow; t: Dictionary }) {
  const { row, t } = props;
  return (
    <div className={styles.card}>
      <div className={styles.cardTop}>
        <VerdictChip verdict={row.verdict} />
        <span className={styles.cardHost}>{row.host}</span>
        <span className={styles.cardTime}>
          <Time at={row.received_at} form="relative" />
        </span>
      </div>
      <Name row={row} />
      <div className={styles.cardFoot}>
        <Due row={row} />
        <span>{row.assignee?.name ?? t.words.nobody}</span>
      </div>
    </div>
  );
}
