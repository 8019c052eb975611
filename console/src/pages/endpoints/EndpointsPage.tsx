/** The managed computers, as their logs tell of them. */
import { TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Search, TriangleAlert } from "lucide-react";
import { useMemo, useState } from "react";
import { get } from "../../api/client";
import type { EndpointRow, Page } from "../../api/types";
import type { Dictionary } from "../../i18n/dictionary";
import { useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import { Empty, Loading } from "../../parts/States";
import { Time } from "../../parts/Time";
import { usePageTitle } from "../../parts/title";
import { csv, save } from "../../table/csv";
import { type Column, DataTable } from "../../table/DataTable";
import { useTableSettings, visible } from "../../table/settings";
import { TableTools } from "../../table/TableTools";
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
  usePageTitle(t.endpoints.title);
  const search = useSearch({ from: "/inside/endpoints" });
  const navigate = useNavigate({ from: "/endpoints" });
  const query = useInfiniteQuery(endpoints(search.q, search.org));
  const [settings, change] = useTableSettings("endpoints");
  const columns = useMemo(() => columnsOf(t), [t]);
  const shown = visible(columns, settings);
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const total = query.data?.pages[0]?.total ?? 0;
  const [typed, setTyped] = useState(search.q ?? "");
  const apply = useDebouncedCallback((q: string) => void navigate({ search: (before) => ({ ...before, q: q.trim() || undefined }), replace: true }), 250);
  return (
    <>
      <div className={list.head}>
        <h1>{t.endpoints.title}</h1>
        {query.data !== undefined && <span className={list.total}>{t.parts.total(total)}</span>}
        <TableTools
          columns={columns}
          settings={settings}
          change={change}
          onExport={() => save("endpoints.csv", csv(shown.map(({ head }) => head), rows.map((row) => shown.map(({ value }) => value(row)))), "text/csv")}
        />
      </div>
      <div className={list.filters} role="search">
        <TextInput
          size="xs"
          type="search"
          className={list.query}
          aria-label={t.parts.filter}
          placeholder={t.endpoints.queryHint}
          leftSection={<Search size={14} aria-hidden />}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            apply(event.currentTarget.value);
          }}
        />
      </div>
      {query.error !== null && query.data === undefined ? (
        <Failure error={query.error} retry={() => void query.refetch()} />
      ) : query.data === undefined ? (
        <Loading lines={8} />
      ) : rows.length === 0 ? (
        <Empty title={search.q === undefined ? t.endpoints.none : t.endpoints.empty}>{t.endpoints.noneNext}</Empty>
      ) : (
        <DataTable
          label={t.endpoints.title}
          rows={rows}
          total={total}
          columns={shown}
          rowId={(row) => row.id}
          rowName={(row) => row.host}
          card={(row) => <EndpointCard row={row} t={t} />}
          dense={settings.dense}
          more={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined}
        />
      )}
    </>
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
