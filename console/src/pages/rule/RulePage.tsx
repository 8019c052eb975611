/** One rule: what it looks for, who wrote it, how often it matched. */
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { get } from "../../api/client";
import type { RuleRow } from "../../api/types";
import { useText } from "../../i18n/language";
import { Copy } from "../../parts/Copy";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/States";
import { usePageTitle } from "../../parts/title";
import page from "../case/CasePage.module.css";
import { Level } from "../rules/RulesPage";
import styles from "./RulePage.module.css";

export function RulePage() {
  const t = useText();
  const { id } = useParams({ from: "/inside/rules/$id" });
  const { data, error, refetch } = useQuery({ queryKey: ["rule", id], queryFn: ({ signal }) => get<RuleRow & { yaml: string }>(`/rules/${encodeURIComponent(id)}`, {}, signal) });
  usePageTitle(data?.title ?? t.rules.title);
  if (error !== null && data === undefined) return <Failure error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Loading lines={10} />;
  const head = t.rules.columns;
  const facts: [string, React.ReactNode][] = [
    [head.level, <Level key="level" level={data.level} t={t} />],
    [head.matches, data.matches_7d.toLocaleString()],
    [head.logsource, data.logsource],
    [head.author, data.author],
    [head.status, data.status],
    [head.source, data.source],
    [head.tags, data.tags.join(", ")],
  ];
  return (
    <article className={page.page}>
      <header className={page.header}>
        <div className={page.title}>
          <h1>{data.title}</h1>
        </div>
        <dl className={page.facts}>
          {facts.map(([name, value]) =>
            value === null || value === "" ? null : (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
          )}
        </dl>
      </header>
      <section className={page.box} aria-labelledby="yaml">
        <h2 id="yaml">
          {t.rules.yaml} <Copy value={data.yaml} />
        </h2>
        <pre className={styles.yaml} tabIndex={0}>
          {data.yaml}
        </pre>
      </section>
    </article>
  );
}
