/** One rule: how it is written, what fools it, who wrote it under which licence, how often it matched; why it cannot be used, if so. */
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { get } from "../../api/client";
import type { RulePage as Page, RuleRow } from "../../api/types";
import { useText } from "../../i18n/language";
import { writtenIn } from "../../i18n/written-in";
import { CopyButton } from "../../parts/CopyButton";
import { Failure } from "../../parts/Failure";
import { OriginalMark } from "../../parts/Original";
import { Loading } from "../../parts/States";
import { usePageTitle } from "../../parts/title";
import page from "../case/CasePage.module.css";
import { Level } from "../rules/RulesPage";
import styles from "./RulePage.module.css";

const rule = (id: string) => ({
  queryKey: ["rule", id],
  queryFn: ({ signal }: { signal: AbortSignal }) => get<Page>(`/rules/${encodeURIComponent(id)}`, {}, signal),
});

export function RulePage() {
  const t = useText();
  const { id } = useParams({ from: "/inside/rules/$id" });
  const { data, error, refetch } = useQuery(rule(id));
  const title = data?.rule?.title ?? data?.refused?.title ?? id;
  usePageTitle(title);
  if (error !== null && data === undefined) return <Failure whole list="rules" error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Loading lines={10} />;
  return (
    <article className={page.page}>
      <header className={page.header}>
        <div className={page.title}>
          <h1 lang={writtenIn(title)}>{title}</h1>
          {data.rule !== null && <Level level={data.rule.level} t={t} />}
        </div>
        <Facts of={data} />
      </header>
      {data.refused !== null && (
        <section className={page.box} role="alert" aria-labelledby="refused">
          <h2 id="refused">{t.rules.refusedTitle}</h2>
          <p className={page.reason}>{data.refused.reason}</p>
        </section>
      )}
      {data.rule !== null && <Words of={data.rule} />}
      <section className={page.box} aria-labelledby="text">
        <div className={styles.head}>
          <h2 id="text">{t.rules.text}</h2>
          {data.text !== null && <CopyButton value={data.text.yaml} label={t.rules.copyText} />}
        </div>
        {data.text === null ? (
          <p className={page.dim}>{t.rules.noText}</p>
        ) : (
          <pre className={styles.yaml} lang="en" tabIndex={0} aria-label={t.rules.text}>
            {data.text.yaml}
          </pre>
        )}
      </section>
    </article>
  );
}

function Facts(props: { of: Page }) {
  const t = useText();
  const { rule, refused, text } = props.of;
  const head = t.rules.columns;
  const facts: [string, React.ReactNode][] = [
    [head.matches, rule === null ? "" : <Matches key="matches" rule={rule} />],
    [head.logsource, rule?.logsource ?? ""],
    [head.author, rule?.author ?? ""],
    [t.rules.license, text === null ? "" : (text.license ?? t.rules.noLicense)],
    [head.tags, rule?.tags.join(", ") ?? ""],
    [head.id, rule?.id ?? refused?.id ?? ""],
    [t.rules.file, text?.path ?? refused?.path ?? ""],
  ];
  return (
    <dl className={page.facts}>
      {facts.map(([name, value]) =>
        value === "" ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd className={styles.fact}>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

/** How often it matched, and the way to what it matched. */
function Matches(props: { rule: RuleRow }) {
  const t = useText();
  const sql = `SELECT * FROM matches WHERE rule_id = '${props.rule.id.replaceAll("'", "''")}' ORDER BY time DESC LIMIT 200`;
  return (
    <>
      {props.rule.matches_7d.toLocaleString()}{" "}
      {props.rule.matches_7d > 0 && (
        <Link to="/hunt" search={{ sql, run: "1" }}>
          {t.rules.allMatches}
        </Link>
      )}
    </>
  );
}

function Words(props: { of: RuleRow }) {
  const t = useText();
  const { description, false_positives } = props.of;
  return (
    <section className={page.box} aria-labelledby="description">
      <h2 id="description">
        {t.rules.description}
        <OriginalMark of={description} />
      </h2>
      {description === "" ? (
        <p className={page.dim}>{t.words.none}</p>
      ) : (
        // Lines end where the file's width ended; only an empty line parts paragraphs.
        description.split(/\n\s*\n/).map((paragraph) => (
          <p key={paragraph} lang={writtenIn(paragraph)}>
            {paragraph}
          </p>
        ))
      )}
      <h2>
        {t.rules.falsePositives}
        <OriginalMark of={false_positives.join(" ")} />
      </h2>
      {false_positives.length === 0 ? (
        <p className={page.dim}>{t.words.none}</p>
      ) : (
        <ul>
          {false_positives.map((each) => (
            <li key={each} lang={writtenIn(each)}>
              {each}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
