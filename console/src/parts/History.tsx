import { Link } from "@tanstack/react-router";
import type { HistoryEntry } from "../api/types";
import { useText } from "../i18n/language";
import { Time } from "./Time";
import styles from "./Work.module.css";

/** Who did what when, and why: latest first. */
export function History(props: { entries: HistoryEntry[] }) {
  const t = useText();
  const entries = [...props.entries].sort((a, b) => b.at.localeCompare(a.at));
  return (
    <section className={styles.panel} aria-labelledby="history">
      <h2 id="history">{t.parts.history}</h2>
      {entries.length === 0 && <p className={styles.none}>{t.parts.noHistory}</p>}
      <ol className={styles.history}>
        {entries.map((entry) => (
          <li key={`${entry.version}-${entry.at}-${entry.action}`}>
            <Time at={entry.at} form="short" className={styles.at} />
            <span>
              {t.history[entry.action] ?? entry.action}
              {entry.alert != null && (
                <Link to="/alerts/$id" params={{ id: entry.alert.id }} className={styles.reason}>
                  {entry.alert.title}
                </Link>
              )}
              {entry.decided != null && <Decided of={entry.decided} />}
              {entry.reason !== "" && <span className={styles.reason}>{entry.reason}</span>}
            </span>
            <span className={styles.note}>{entry.who}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** What was decided at that step: earlier decisions stay readable when later ones replace them. */
function Decided(props: { of: NonNullable<HistoryEntry["decided"]> }) {
  const t = useText();
  const { type, severity, flows, ended } = props.of;
  const named = (some: typeof flows) => some.map((flow) => t.words.flow[flow]).join(t.parts.comma);
  return (
    <span className={styles.reason}>
      {type} × {t.words.severityLevel(severity)}: {named(flows)}
      {ended.length > 0 && <span className={styles.reason}>{t.parts.endedFlows(named(ended))}</span>}
    </span>
  );
}
