/** The detection rules at work, and those that cannot be used, each with the reason. */
import { NativeSelect } from "@mantine/core";
import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { get } from "../../api/client";
import type { RuleRow, RulesPage as Answer } from "../../api/types";
import type { Dictionary } from "../../i18n/dictionary";
import { useText } from "../../i18n/language";
import { writtenIn } from "../../i18n/written-in";
import { Empty } from "../../parts/States";
import type { Column } from "../../table/DataTable";
import { ListPage } from "../../table/ListPage";
import { SearchField } from "../../table/SearchField";
import { oneOf } from "../../url/search";
import list from "../alerts/AlertsPage.module.css";
import styles from "./RulesPage.module.css";
import { LEVELS } from "./search";

const rules = (q: string | undefined, level: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ["rules", q, level],
    queryFn: ({ pageParam, signal }) => get<Answer>("/rules", { q, level, cursor: pageParam }, signal),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next_cursor,
  });

export function RulesPage() {
  const t = useText();
  const search = useSearch({ from: "/inside/rules" });
  const query = useInfiniteQuery(rules(search.q, search.level));
  const columns = useMemo(() => columnsOf(t), [t]);
  const refused = query.data?.pages[0]?.refused ?? [];
  return (
    <>
      <ListPage
        name="rules"
        title={t.rules.title}
        query={query}
        columns={columns}
        filters={<Filters />}
        empty={<Empty title={search.q === undefined && search.level === undefined ? t.rules.none : t.rules.empty}>{t.rules.noneNext}</Empty>}
        rowId={(row) => row.id}
        rowName={(row) => row.title}
        card={(row) => <RuleCard row={row} t={t} />}
      />
      {refused.length > 0 && <Refused refused={refused} />}
    </>
  );
}

function Filters() {
  const t = useText();
  const search = useSearch({ from: "/inside/rules" });
  const navigate = useNavigate({ from: "/rules" });
  const change = (part: Partial<typeof search>) => void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  return (
    <>
      <NativeSelect
        size="xs"
        aria-label={t.rules.levelLabel}
        data={[{ value: "", label: `${t.rules.levelLabel}: ${t.parts.any}` }, ...LEVELS.map((level) => ({ value: level, label: t.words.level[level] ?? level }))]}
        value={search.level ?? ""}
        onChange={(event) => change({ level: oneOf(event.currentTarget.value, LEVELS) })}
      />
      <SearchField label={t.parts.filter} hint={t.rules.queryHint} value={search.q} change={(q) => change({ q })} />
    </>
  );
}

function columnsOf(t: Dictionary): Column<RuleRow>[] {
  const head = t.rules.columns;
  return [
    { id: "title", head: head.title, width: "minmax(280px, 3fr)", fixed: true, cell: (row) => <Title row={row} />, value: (row) => row.title },
    { id: "level", head: head.level, width: "90px", cell: (row) => <Level level={row.level} t={t} />, value: (row) => row.level },
    { id: "matches", head: head.matches, width: "130px", numeric: true, cell: (row) => row.matches_7d.toLocaleString(), value: (row) => row.matches_7d },
    { id: "logsource", head: head.logsource, width: "minmax(170px, 1.2fr)", cell: (row) => row.logsource, value: (row) => row.logsource },
    { id: "author", head: head.author, width: "minmax(140px, 1fr)", cell: (row) => <span title={row.author ?? undefined}>{row.author}</span>, value: (row) => row.author },
    { id: "id", head: head.id, width: "minmax(280px, 1fr)", optional: true, cell: (row) => row.id, value: (row) => row.id },
    { id: "tags", head: head.tags, width: "minmax(160px, 1.2fr)", optional: true, cell: (row) => row.tags.join(", "), value: (row) => row.tags.join(" ") },
  ];
}

function Title(props: { row: RuleRow }) {
  return (
    <span className={list.name}>
      <Link to="/rules/$id" params={{ id: props.row.id }} title={props.row.title} lang={writtenIn(props.row.title)}>
        {props.row.title}
      </Link>
    </span>
  );
}

export function Level(props: { level: string; t: Dictionary }) {
  return (
    <span className={styles.level} data-level={props.level}>
      {props.t.words.level[props.level] ?? props.level}
    </span>
  );
}

function RuleCard(props: { row: RuleRow; t: Dictionary }) {
  const { row, t } = props;
  return (
    <div className={list.card}>
      <Title row={row} />
      <div className={list.cardFoot}>
        <Level level={row.level} t={t} />
        <span>
          {t.rules.columns.matches} {row.matches_7d}
        </span>
      </div>
    </div>
  );
}

function Refused(props: { refused: Answer["refused"] }) {
  const t = useText();
  return (
    <details className={styles.refused}>
      <summary>{t.rules.refused(props.refused.length)}</summary>
      <p>{t.rules.refusedLead}</p>
      <table>
        <thead>
          <tr>
            <th scope="col">{t.rules.columns.title}</th>
            <th scope="col">{t.rules.reason}</th>
            <th scope="col">{t.rules.file}</th>
          </tr>
        </thead>
        <tbody>
          {props.refused.map((rule) => (
            <tr key={rule.path}>
              <td>
                {rule.id === null ? (
                  rule.title
                ) : (
                  <Link to="/rules/$id" params={{ id: rule.id }}>
                    {rule.title ?? rule.id}
                  </Link>
                )}
              </td>
              <td>{rule.reason}</td>
              <td className={styles.path}>{rule.path}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
