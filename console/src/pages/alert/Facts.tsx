/** The alert as the product raised it, the rules that matched, what to search elsewhere, and the versions of the verdict. */
import { Link } from "@tanstack/react-router";
import type { AlertPage, Raised, Triage } from "../../api/types";
import { Term } from "../../glossary/Term";
import { useText } from "../../i18n/language";
import { writtenIn } from "../../i18n/written-in";
import { Value } from "../../indicator/Value";
import { VerdictChip } from "../../parts/Chips";
import { Time } from "../../parts/Time";
import styles from "./Facts.module.css";

export function Facts(props: { page: AlertPage }) {
  const { alert, raised, also_told, triage, versions } = props.page;
  return (
    <div className={styles.facts}>
      {triage !== null && triage.rules.length > 0 && <Rules rules={triage.rules} />}
      {triage !== null && triage.indicators.length > 0 && <Indicators indicators={triage.indicators} org={alert.org} />}
      <Product raised={raised} alsoTold={also_told} org={alert.org} />
      {versions.length > 0 && <Versions versions={versions} triage={triage} />}
    </div>
  );
}

function Rules(props: { rules: Triage["rules"] }) {
  const t = useText();
  return (
    <section className={styles.panel} aria-labelledby="rules">
      <h2 id="rules">{t.alert.rules}</h2>
      <ul className={styles.rules}>
        {props.rules.map((rule) => (
          <li key={rule.rule_id}>
            <span className={styles.level} data-level={rule.level}>
              {t.words.level[rule.level] ?? rule.level}
            </span>
            <span>
              <Link to="/rules/$id" params={{ id: rule.rule_id }} lang={writtenIn(rule.title)}>
                {rule.title}
              </Link>{" "}
              {rule.count > 1 && `×${rule.count}`}
              <span className={styles.by}>{t.alert.ruleBy(rule.author)}</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Indicators(props: { indicators: Triage["indicators"]; org: string }) {
  const t = useText();
  return (
    <section className={styles.panel} aria-labelledby="indicators">
      <h2 id="indicators">
          <Term name="indicator">{t.alert.indicators}</Term>
        </h2>
      <dl>
        {props.indicators.map(({ kind, value }) => (
          <div key={`${kind}-${value}`}>
            <dt>{t.alert.details[kind] ?? kind}</dt>
            <dd>
              <Value name={kind} value={value} org={props.org} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Product(props: { raised: Raised; alsoTold: AlertPage["also_told"]; org: string }) {
  const t = useText();
  const { raised } = props;
  const values: [string, string | null | undefined][] = [
    ["path", raised.file?.path],
    ["sha256", raised.file?.sha256],
    ["sha1", raised.file?.sha1],
    ["md5", raised.file?.md5],
  ];
  return (
    <section className={styles.panel} aria-labelledby="facts">
      <h2 id="facts">{t.alert.facts}</h2>
      <dl>
        <Row name={t.alert.product}>{raised.product}</Row>
        <Row name={t.alert.source}>{t.words.sourceKind[raised.source_kind]}</Row>
        <Row name={t.alert.action}>{t.words.action[raised.action]}</Row>
        <Row name={t.alert.externalId}>{raised.id}</Row>
        {values.map(([name, value]) =>
          value == null ? null : (
            <Row key={name} name={t.alert.details[name] ?? name}>
              <Value name={name} value={value} org={props.org} />
            </Row>
          ),
        )}
        {props.alsoTold.map((told) => (
          <Row key={`${told.way} ${told.id}`} name={t.alert.alsoTold}>
            {t.words.way[told.way]} ({told.product})
            <span className={styles.by}>
              {told.name}
              {told.name !== "" && " · "}
              {told.id} · <Time at={told.detected_at} form="short" />
            </span>
          </Row>
        ))}
      </dl>
    </section>
  );
}

function Row(props: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

function Versions(props: { versions: AlertPage["versions"]; triage: Triage | null }) {
  const t = useText();
  const head = t.alert.versionColumns;
  return (
    <section className={styles.panel} aria-labelledby="versions">
      <h2 id="versions">{t.alert.versions}</h2>
      <div className={styles.scroll} tabIndex={0} role="group" aria-labelledby="versions">
      <table>
        <thead>
          <tr>
            <th scope="col">{head.n}</th>
            <th scope="col">{head.verdict}</th>
            <th scope="col">{head.at}</th>
            <th scope="col">{head.data}</th>
          </tr>
        </thead>
        <tbody>
          {props.versions.map((version) => (
            <tr key={version.n}>
              <td>{t.alert.version(version.n)}</td>
              <td>
                <VerdictChip verdict={version.verdict} score={version.score} />
              </td>
              <td>
                <Time at={version.at} form="short" />
              </td>
              <td><Time at={version.data_to} form="short" /></td>
            </tr>
          ))}
        </tbody>
      </table>
      </div>
      {props.triage !== null && (
        <p className={styles.by}>
          {t.alert.eventsSeen(props.triage.events_seen.toLocaleString())} · {t.alert.rulesVersion} {props.triage.rules_version}
        </p>
      )}
    </section>
  );
}
