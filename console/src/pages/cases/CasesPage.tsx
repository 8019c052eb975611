/** The list of cases. */
import { SegmentedControl } from "@mantine/core";
import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { get } from "../../api/client";
import type { CaseRow, Page } from "../../api/types";
import type { Dictionary } from "../../i18n/dictionary";
import { useText } from "../../i18n/language";
import { DrillChip, VerdictChip } from "../../parts/Chips";
import { Empty } from "../../parts/States";
import { Time } from "../../parts/Time";
import type { Column } from "../../table/DataTable";
import { ListPage } from "../../table/ListPage";
import { SearchField } from "../../table/SearchField";
import { oneOf } from "../../url/search";
import list from "../alerts/AlertsPage.module.css";
import { CaseBulk } from "./CaseBulk";
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
  const search = useSearch({ from: "/inside/cases" });
  const navigate = useNavigate({ from: "/cases" });
  const query = useInfiniteQuery(caseList(search, search.org));
  const columns = useMemo(() => columnsOf(t), [t]);
  const { org: _, ...view } = search;
  const change = (part: CaseSearch) => void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  return (
    <ListPage
      name="cases"
      title={t.cases.title}
      query={query}
      columns={columns}
      views={{
        search: Object.fromEntries(Object.entries(view).filter(([, value]) => value !== undefined)),
        open: (saved) => void navigate({ search: ({ org }) => ({ org, ...caseSearch(saved.search) }) }),
      }}
      filters={<Filters search={search} change={change} />}
      empty={<Empty title={search.q === undefined && (search.state ?? "open") === "open" ? t.cases.none : t.cases.empty}>{t.cases.noneNext}</Empty>}
      bulk={(rows, clear) => <CaseBulk rows={rows} clear={clear} />}
      rowId={(row) => row.id}
      rowName={(row) => row.title}
      card={(row) => <CaseCard row={row} t={t} />}
    />
  );
}

function Filters(props: { search: CaseSearch; change: (part: CaseSearch) => void }) {
  const t = useText();
  return (
    <>
      <SegmentedControl
        size="xs"
        aria-label={t.cases.stateLabel}
        data={CASE_STATES.map((state) => ({ value: state, label: t.cases.states[state] }))}
        value={props.search.state ?? "open"}
        onChange={(state) => props.change({ state: state === "open" ? undefined : oneOf(state, CASE_STATES) })}
      />
      <SearchField label={t.parts.filter} hint={t.cases.queryHint} value={props.search.q} change={(q) => props.change({ q })} />
    </>
  );
}

function columnsOf(t: Dictionary): Column<CaseRow>[] {
  const head = t.cases.columns;
  const flows = (row: CaseRow) => (row.flows.length > 0 ? row.flows : (row.proposed?.flows ?? []));
  return [
    { id: "title", head: head.title, width: "minmax(240px, 2.8fr)", fixed: true, cell: (row) => <Title row={row} />, value: (row) => row.title },
    { id: "state", head: head.state, width: "112px", cell: (row) => t.words.caseState[row.state], value: (row) => row.state },
    { id: "classification", head: head.classification, width: "minmax(178px, 0.8fr)", cell: (row) => <Classified of={row} />, value: (row) => `${row.type ?? row.proposed?.type ?? ""} ${row.severity ?? row.proposed?.severity ?? ""}`.trim() },
    { id: "flows", head: head.flows, width: "minmax(150px, 1fr)", cell: (row) => <Flows flows={flows(row)} />, value: (row) => row.flows.join(" ") },
    { id: "reference", head: head.reference, width: "164px", cell: (row) => row.reference, value: (row) => row.reference },
    { id: "assignee", head: head.assignee, width: "minmax(84px, 0.7fr)", cell: (row) => row.assignee?.name ?? <span className={list.dim}>{t.words.nobody}</span>, value: (row) => row.assignee?.name ?? "" },
    { id: "hosts", head: head.hosts, width: "minmax(150px, 1fr)", optional: true, cell: (row) => <span title={row.hosts.join(", ")}>{row.hosts.join(", ")}</span>, value: (row) => row.hosts.join(" ") },
    { id: "alerts", head: head.alerts, width: "76px", numeric: true, cell: (row) => row.alerts, value: (row) => row.alerts },
    { id: "opened", head: head.opened, width: "138px", cell: (row) => <Time at={row.opened_at} form="short" />, value: (row) => row.opened_at },
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
