/** One rule: what it looks for, what fools it, who wrote it, how often it matched. */
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { get } from "../../api/client";
import type { RulesPage } from "../../api/types";
import { useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import { Empty, Loading } from "../../parts/States";
import { usePageTitle } from "../../parts/title";
import page from "../case/CasePage.module.css";
import { Level } from "../rules/RulesPage";

/** The server tells a rule through its list: the id is one of the words that find it. */
const rule = (id: string) => ({
  queryKey: ["rule", id],
  queryFn: ({ signal }: { signal: AbortSignal }) => get<RulesPage>("/rules", { q: id }, signal).then(({ items }) => items.find((each) => each.id === id) ?? null),
});

export function RulePage() {
  const t = useText();
  const { id } = useParams({ from: "/inside/rules/$id" });
  const { data, error, refetch } = useQuery(rule(id));
  usePageTitle(data?.title ?? t.rules.title);
  if (error !== null && data === undefined) return <Failure error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Loading lines={10} />;
  if (data === null) return <Empty title={t.rules.gone} />;
  const head = t.rules.columns;
  const facts: [string, React.ReactNode][] = [
    [head.level, <Level key="level" level={data.level} t={t} />],
    [head.matches, data.matches_7d.toLocaleString()],
    [head.logsource, data.logsource],
    [head.author, data.author],
    [head.tags, data.tags.join(", ")],
    [head.id, data.id],
  ];
  return (
    <article className={page.page}>
      <header className={page.header}>
        <div className={page.title}>
          <h1>{data.title}</h1>
        </div>
        <dl className={page.facts}>
          {facts.map(([name, value]) =>
            value === "" ? null : (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
          )}
        </dl>
      </header>
      <section className={page.box} aria-labelledby="description">
        <h2 id="description">{t.rules.description}</h2>
        <p className={page.reason} lang="en">
          {data.description === "" ? t.words.none : data.description}
        </p>
        <h2>{t.rules.falsePositives}</h2>
        {data.false_positives.length === 0 ? (
          <p className={page.dim}>{t.words.none}</p>
        ) : (
          <ul lang="en">
            {data.false_positives.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        )}
      </section>
    </article>
  );
}
