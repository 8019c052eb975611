/** The list of cases. */
import { SegmentedControl, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useMemo, useState } from "react";
import { get } from "../../api/client";
import type { CaseRow, Page } from "../../api/types";
import type { Dictionary } from "../../i18n/dictionary";
import { useText } from "../../i18n/language";
import { DrillChip, VerdictChip } from "../../parts/Chips";
import { Failure } from "../../parts/Failure";
import { Empty, Loading } from "../../parts/States";
import { Time } from "../../parts/Time";
import { usePageTitle } from "../../parts/title";
import { csv, save } from "../../table/csv";
import { type Column, DataTable } from "../../table/DataTable";
import { useTableSettings, visible } from "../../table/settings";
import { TableTools } from "../../table/TableTools";
import { oneOf } from "../../url/search";
import list from "../alerts/AlertsPage.module.css";
import styles from "./CasesPage.module.css";
import { Classified, Flows } from "./Classified";
import { CASE_STATES, type CaseSearch, caseSearch } from "./search";

export const caseList = (search: CaseSearch, org: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ["cases", search.state ?? "open", search.q, org],
    queryFn: ({ pageParam, signal }) =>
      get<Page<CaseRow>>("/cases", { org, state: search.state === "all" ? undefined : (search.state ?? "open"), q: search.q, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

export function CasesPage() {
  const t = useText();
  usePageTitle(t.cases.title);
  const search = useSearch({ from: "/inside/cases" });
  const navigate = useNavigate({ from: "/cases" });
  const [settings, change] = useTableSettings("cases");
  const query = useInfiniteQuery(caseList(search, search.org));
  const columns = useMemo(() => columnsOf(t), [t]);
  const shown = visible(columns, settings);
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const total = query.data?.pages[0]?.total ?? 0;
  const { org: _, ...view } = search;
  return (
    <>
      <div className={list.head}>
        <h1>{t.cases.title}</h1>
        {query.data !== undefined && <span className={list.total}>{t.parts.total(total)}</span>}
        <TableTools
          columns={columns}
          settings={settings}
          change={change}
          search={Object.fromEntries(Object.entries(view).filter(([, value]) => value !== undefined))}
          openView={(saved) => void navigate({ search: ({ org }) => ({ org, ...caseSearch(saved.search) }) })}
          onExport={() => save("cases.csv", csv(shown.map(({ head }) => head), rows.map((row) => shown.map(({ value }) => value(row)))), "text/csv")}
        />
      </div>
      <Filters search={search} change={(part) => void navigate({ search: (before) => ({ ...before, ...part }), replace: true })} />
      {query.error !== null && query.data === undefined ? (
        <Failure error={query.error} retry={() => void query.refetch()} />
      ) : query.data === undefined ? (
        <Loading lines={8} />
      ) : rows.length === 0 ? (
        <Empty title={search.q === undefined && (search.state ?? "open") === "open" ? t.cases.none : t.cases.empty}>{t.cases.noneNext}</Empty>
      ) : (
        <DataTable
          label={t.cases.title}
          rows={rows}
          total={total}
          columns={shown}
          rowId={(row) => row.id}
          rowName={(row) => row.title}
          card={(row) => <CaseCard row={row} t={t} />}
          dense={settings.dense}
          more={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined}
        />
      )}
    </>
  );
}

function Filters(props: { search: CaseSearch; change: (part: CaseSearch) => void }) {
  const t = useText();
  const [typed, setTyped] = useState(props.search.q ?? "");
  const apply = useDebouncedCallback((q: string) => props.change({ q: q.trim() || undefined }), 250);
  return (
    <div className={list.filters} role="search">
      <SegmentedControl
        size="xs"
        aria-label={t.cases.stateLabel}
        data={CASE_STATES.map((state) => ({ value: state, label: t.cases.states[state] }))}
        value={props.search.state ?? "open"}
        onChange={(state) => props.change({ state: state === "open" ? undefined : oneOf(state, CASE_STATES) })}
      />
      <TextInput
        size="xs"
        type="search"
        className={list.query}
        aria-label={t.parts.filter}
        placeholder={t.cases.queryHint}
        leftSection={<Search size={14} aria-hidden />}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          apply(event.currentTarget.value);
        }}
      />
    </div>
  );
}

function columnsOf(t: Dictionary): Column<CaseRow>[] {
  const head = t.cases.columns;
  const flows = (row: CaseRow) => (row.flows.length > 0 ? row.flows : (row.proposed?.flows ?? []));
  return [
    { id: "title", head: head.title, width: "minmax(240px, 2.2fr)", fixed: true, cell: (row) => <Title row={row} />, value: (row) => row.title },
    { id: "state", head: head.state, width: "108px", cell: (row) => t.words.caseState[row.state], value: (row) => row.state },
    { id: "classification", head: head.classification, width: "minmax(160px, 0.9fr)", cell: (row) => <Classified of={row} />, value: (row) => `${row.type ?? row.proposed?.type ?? ""} ${row.severity ?? row.proposed?.severity ?? ""}`.trim() },
    { id: "flows", head: head.flows, width: "minmax(200px, 1.4fr)", cell: (row) => <Flows flows={flows(row)} />, value: (row) => row.flows.join(" ") },
    { id: "reference", head: head.reference, width: "164px", cell: (row) => row.reference, value: (row) => row.reference },
    { id: "assignee", head: head.assignee, width: "minmax(96px, 0.8fr)", cell: (row) => row.assignee?.name ?? <span className={list.dim}>{t.words.nobody}</span>, value: (row) => row.assignee?.name ?? "" },
    { id: "hosts", head: head.hosts, width: "minmax(110px, 1fr)", cell: (row) => row.hosts.join(", "), value: (row) => row.hosts.join(" ") },
    { id: "alerts", head: head.alerts, width: "84px", numeric: true, cell: (row) => row.alerts, value: (row) => row.alerts },
    { id: "opened", head: head.opened, width: "158px", cell: (row) => <Time at={row.opened_at} form="short" />, value: (row) => row.opened_at },
    { id: "verdict", head: head.verdict, width: "112px", optional: true, cell: (row) => <VerdictChip verdict={row.verdict} />, value: (row) => row.verdict ?? "" },
    { id: "org", head: head.org, width: "minmax(130px, 1fr)", optional: true, cell: (row) => row.org_name, value: (row) => row.org_name },
  ];
}

function Title(props: { row: CaseRow }) {
  return (
    <span className={list.name}>
      <Link to="/cases/$id" params={{ id: props.row.id }} title={props.row.title}>
        {props.row.title}
      </Link>
      {props.row.drill && <DrillChip />}
    </span>
  );
}

function CaseCard(props: { row: CaseRow; t: Dictionary }) {
  const { row, t } = props;
  return (
    <div className={styles.card}>
      <Title row={row} />
      <div className={list.cardFoot}>
        <Classified of={row} />
        <span>{t.words.caseState[row.state]}</span>
      </div>
      <div className={list.cardFoot}>
        <span>{row.reference}</span>
        <span>{row.assignee?.name ?? t.words.nobody}</span>
      </div>
    </div>
  );
}
