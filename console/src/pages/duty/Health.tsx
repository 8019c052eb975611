import type { Duty } from "../../api/types";
import { useLanguage, useText } from "../../i18n/language";
import { Time } from "../../parts/Time";
import { span } from "../../time/format";
import styles from "./DutyPage.module.css";

/** Whether logs arrive: lag, last event per source, warnings. */
export function Health(props: { health: Duty["health"] }) {
  const t = useText();
  const { language } = useLanguage();
  const { health } = props;
  return (
    <section className={styles.panel} aria-labelledby="health">
      <h2 id="health">{t.duty.health}</h2>
      <dl>
        <dt>{t.duty.lag}</dt>
        <dd>{lag(health.ingest_lag_ms, language)}</dd>
      </dl>
      <h3>{t.duty.warnings}</h3>
      {health.warnings.length === 0 ? (
        <p className={styles.dim}>{t.duty.noWarnings}</p>
      ) : (
        <ul className={styles.warnings}>
          {health.warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
      <h3>{t.duty.sources}</h3>
      {health.sources.length === 0 ? <NoSources /> : <Sources sources={health.sources} />}
    </section>
  );
}

function lag(milliseconds: number, language: "ja" | "en"): string {
  return milliseconds < 1000 ? `${milliseconds} ms` : span(milliseconds, language);
}

function NoSources() {
  const t = useText();
  return (
    <>
      <p className={styles.dim}>
        {t.duty.noSources} — {t.duty.noSourcesNext}
      </p>
      <code>{`curl -H 'Authorization: Bearer KEY' --data-binary @events.ndjson ${window.location.origin}/api/v1/events`}</code>
    </>
  );
}

function Sources(props: { sources: Duty["health"]["sources"] }) {
  const t = useText();
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{t.duty.source}</th>
          <th scope="col" className={styles.number}>
            {t.duty.hosts}
          </th>
          <th scope="col">{t.duty.lastEvent}</th>
        </tr>
      </thead>
      <tbody>
        {props.sources.map((source) => (
          <tr key={source.source}>
            <td>{source.source}</td>
            <td className={styles.number}>{source.hosts}</td>
            <td>
              {source.silent && <span className={styles.silent} title={source.silent_hosts.join(", ")}>{t.duty.silent} </span>}
              <Time at={source.last_event_at} form="relative" />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
