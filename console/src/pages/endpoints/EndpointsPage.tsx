/** The managed computers, as their logs tell of them. */
import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { TriangleAlert } from "lucide-react";
import { useMemo } from "react";
import { get } from "../../api/client";
import type { EndpointRow, Page } from "../../api/types";
import type { Dictionary } from "../../i18n/dictionary";
import { useText } from "../../i18n/language";
import { Empty } from "../../parts/States";
import { Time } from "../../parts/Time";
import type { Column } from "../../table/DataTable";
import { ListPage } from "../../table/ListPage";
import { SearchField } from "../../table/SearchField";
import list from "../alerts/AlertsPage.module.css";

const endpoints = (q: string | undefined, org: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ["endpoints", q, org],
    queryFn: ({ pageParam, signal }) => get<Page<EndpointRow>>("/endpoints", { q, org, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

export function EndpointsPage() {
  const t = useText();
  const search = useSearch({ from: "/inside/endpoints" });
  const navigate = useNavigate({ from: "/endpoints" });
  const query = useInfiniteQuery(endpoints(search.q, search.org));
  const columns = useMemo(() => columnsOf(t), [t]);
  return (
    <ListPage
      name="endpoints"
      title={t.endpoints.title}
      query={query}
      columns={columns}
      filters={<SearchField label={t.parts.filter} hint={t.endpoints.queryHint} value={search.q} change={(q) => void navigate({ search: (before) => ({ ...before, q }), replace: true })} />}
      empty={<Empty title={search.q === undefined ? t.endpoints.none : t.endpoints.empty}>{t.endpoints.noneNext}</Empty>}
      rowId={(row) => row.id}
      rowName={(row) => row.host}
      card={(row) => <EndpointCard row={row} t={t} />}
    />
  );
}

function columnsOf(t: Dictionary): Column<EndpointRow>[] {
  const head = t.endpoints.columns;
  return [
    { id: "host", head: head.host, width: "minmax(150px, 1.2fr)", fixed: true, cell: (row) => <Host row={row} />, value: (row) => row.host },
    { id: "alerts", head: head.alerts, width: "130px", numeric: true, cell: (row) => <OpenAlerts row={row} />, value: (row) => row.alerts_open },
    { id: "seen", head: head.seen, width: "minmax(180px, 1fr)", cell: (row) => <Seen row={row} t={t} />, value: (row) => row.last_seen_at },
    { id: "mode", head: head.mode, width: "130px", cell: (row) => t.words.blockMode[row.block_mode], value: (row) => row.block_mode },
    { id: "note", head: head.note, width: "minmax(180px, 2fr)", cell: (row) => <span title={row.note}>{row.note}</span>, value: (row) => row.note },
    { id: "org", head: head.org, width: "minmax(140px, 1fr)", cell: (row) => row.org_name, value: (row) => row.org_name },
    { id: "first", head: head.first, width: "158px", optional: true, cell: (row) => <Time at={row.first_seen_at} form="short" />, value: (row) => row.first_seen_at },
  ];
}

function Host(props: { row: EndpointRow }) {
  return (
    <span className={list.name}>
      <Link to="/endpoints/$id" params={{ id: props.row.id }}>
        {props.row.host}
      </Link>
    </span>
  );
}

function OpenAlerts(props: { row: EndpointRow }) {
  const { row } = props;
  return row.alerts_open === 0 ? (
    <span className={list.dim}>0</span>
  ) : (
    <Link to="/alerts" search={{ host: row.host }}>
      {row.alerts_open}
    </Link>
  );
}

function Seen(props: { row: EndpointRow; t: Dictionary }) {
  const { row, t } = props;
  return (
    <>
      <Time at={row.last_seen_at} form="relative" />
      {row.retired !== null && <span className={list.dim}> {t.endpoints.retired}</span>}
      {row.silent && (
        <span className={list.silent}>
          <TriangleAlert size={13} aria-hidden /> {t.endpoints.silent}
        </span>
      )}
    </>
  );
}

function EndpointCard(props: { row: EndpointRow; t: Dictionary }) {
  const { row, t } = props;
  return (
    <div className={list.card}>
      <div className={list.cardTop}>
        <Host row={row} />
        <span className={list.cardTime}>
          <Seen row={row} t={t} />
        </span>
      </div>
      <div className={list.cardFoot}>
        <span>{t.words.blockMode[row.block_mode]}</span>
        <span>{t.endpoints.openAlerts(row.alerts_open)}</span>
      </div>
    </div>
  );
}
