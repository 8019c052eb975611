/** A page that is a list: its title and true count, tools, filters, and the table with what is shown while there is none. */
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { type ReactNode, useMemo, useState } from "react";
import { useText } from "../i18n/language";
import list from "../pages/alerts/AlertsPage.module.css";
import { Failure } from "../parts/Failure";
import { Loading } from "../parts/States";
import { usePageTitle } from "../parts/title";
import { csv, save } from "./csv";
import { type Column, DataTable } from "./DataTable";
import { useTableSettings, visible } from "./settings";
import { TableTools } from "./TableTools";

interface Answer<Row> {
  items: Row[];
  total: number;
}

interface Listed<Row> {
  /** Names the page's settings and its CSV file. */
  name: string;
  title: string;
  query: UseInfiniteQueryResult<InfiniteData<Answer<Row>>>;
  columns: Column<Row>[];
  filters: ReactNode;
  /** Shown where nothing fits. */
  empty: ReactNode;
  rowId: (row: Row) => string;
  rowName: (row: Row) => string;
  card: (row: Row) => ReactNode;
  /** What may be done to the selected rows; without it none can be selected. */
  bulk?: (rows: Row[], clear: () => void) => ReactNode;
  /** Stands beside the title: what is new, what else can be begun. */
  beside?: ReactNode;
  /** Saved views, where the page has them. */
  views?: { search: Record<string, string>; open: (saved: { search: Record<string, string> }) => void };
}

export function ListPage<Row>(props: Listed<Row>) {
  const t = useText();
  const { name, title, query, columns } = props;
  usePageTitle(title);
  const [settings, change] = useTableSettings(name);
  const shown = visible(columns, settings);
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const total = query.data?.pages[0]?.total ?? 0;
  const written = () => csv(shown.map(({ head }) => head), rows.map((row) => shown.map(({ value }) => value(row))));
  const views = props.views === undefined ? {} : { search: props.views.search, openView: props.views.open };
  return (
    <>
      <div className={list.head}>
        <h1>{title}</h1>
        {query.data !== undefined && <span className={list.total}>{t.parts.total(total)}</span>}
        {props.beside}
        <TableTools columns={columns} settings={settings} change={change} {...views} onExport={() => save(`${name}.csv`, written(), "text/csv")} />
      </div>
      <div className={list.filters} role="search">
        {props.filters}
      </div>
      {props.bulk?.(rows.filter((row) => selected.has(props.rowId(row))), () => setSelected(new Set()))}
      {query.error !== null && query.data === undefined ? (
        <Failure error={query.error} retry={() => void query.refetch()} />
      ) : query.data === undefined ? (
        <Loading lines={8} />
      ) : rows.length === 0 ? (
        props.empty
      ) : (
        <DataTable
          label={title}
          rows={rows}
          total={total}
          columns={shown}
          rowId={props.rowId}
          rowName={props.rowName}
          card={props.card}
          dense={settings.dense}
          {...(props.bulk === undefined ? {} : { selected, onSelect: setSelected })}
          more={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined}
        />
      )}
    </>
  );
}
