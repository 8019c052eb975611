/** Words made visible: verdict, severity, drill. Colour never speaks alone. */
import { useText } from "../i18n/language";
import { Term } from "../glossary/Term";
import type { Severity, Tlp, Verdict } from "../api/types";
import styles from "./Chips.module.css";

export function VerdictChip(props: { verdict: Verdict | null; score?: number | null; large?: boolean; explained?: boolean }) {
  const t = useText();
  if (props.verdict === null) return <span className={styles.pending}>{t.words.untriaged}</span>;
  const chip = (
    <span className={styles.verdict} data-verdict={props.verdict} data-large={props.large} title={props.explained ? undefined : t.words.verdictMeaning[props.verdict]}>
      {t.words.verdict[props.verdict]}
      {props.score != null && <span className={styles.score}>{signed(props.score)}</span>}
    </span>
  );
  return props.explained ? (
    <Term name={props.verdict} plain>
      {chip}
    </Term>
  ) : (
    chip
  );
}

export function SeverityChip(props: { severity: Severity | null; long?: boolean }) {
  const t = useText();
  if (props.severity === null) return null;
  return (
    <span className={styles.severity} data-severity={props.severity} title={t.words.severity[props.severity]}>
      {t.words.severityLevel(props.severity)}
      {props.long && ` ${t.words.severity[props.severity]}`}
    </span>
  );
}

export function DrillChip() {
  const t = useText();
  return <span className={styles.drill}>{t.words.drill}</span>;
}

/** Who may read it, in the colours of the standard (TLP 2.0). */
export function TlpChip(props: { tlp: Tlp }) {
  return (
    <Term name="tlp" plain>
      <span className={styles.tlp} data-tlp={props.tlp}>
        {props.tlp}
      </span>
    </Term>
  );
}

/** `+35`, `−15`: with a real minus sign. */
export function signed(points: number): string {
  return points > 0 ? `+${points}` : points < 0 ? `−${-points}` : "0";
}
