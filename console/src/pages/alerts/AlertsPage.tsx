/** The list of alerts, most urgent first, with the reason. */
import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { AlertRow, Page } from "../../api/types";
import { useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import { Empty, Loading } from "../../parts/States";
import { usePageTitle } from "../../parts/title";
import { csv, save } from "../../table/csv";
import { DataTable } from "../../table/DataTable";
import { useTableSettings, visible } from "../../table/settings";
import { TableTools } from "../../table/TableTools";
import styles from "./AlertsPage.module.css";
import { BulkBar } from "./BulkBar";
import { AlertCard, alertColumns } from "./columns";
import { Filters } from "./Filters";
import { alerts } from "./queries";
import { type AlertSearch, alertSearch } from "./search";
import { useFresh } from "./useFresh";

export function AlertsPage() {
  const t = useText();
  const search = useSearch({ from: "/inside/alerts" });
  const navigate = useNavigate({ from: "/alerts" });
  usePageTitle(t.alerts.title);
  const question = alerts(search, search.org);
  const list = useInfiniteQuery(question);
  const { fresh, show } = useFresh(search, question.queryKey);
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [settings, changeSettings] = useTableSettings("alerts");
  const columns = useMemo(() => alertColumns(t), [t]);
  const shown = visible(columns, settings);
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const total = list.data?.pages[0]?.total ?? 0;
  const change = (part: AlertSearch) => void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  const exportRows = useExport(list, rows);
  const { org: _, ...view } = search;
  return (
    <>
      <div className={styles.head}>
        <h1>{t.alerts.title}</h1>
        {list.data !== undefined && <span className={styles.total}>{t.parts.total(total)}</span>}
        <span aria-live="polite">
          {fresh > 0 && (
            <Button size="compact-sm" radius="xl" onClick={show}>
              {t.alerts.fresh(fresh)}
            </Button>
          )}
        </span>
        <TableTools
          columns={columns}
          settings={settings}
          change={changeSettings}
          search={Object.fromEntries(Object.entries(view).filter(([, value]) => value !== undefined))}
          openView={(saved) => void navigate({ search: ({ org }) => ({ org, ...alertSearch(saved.search) }) })}
          onExport={() => void exportRows((all) => save("alerts.csv", csv(shown.map(({ head }) => head), all.map((row) => shown.map(({ value }) => value(row)))), "text/csv"))}
        />
      </div>
      <Filters search={search} change={change} />
      <BulkBar rows={rows} selected={selected} clear={() => setSelected(new Set())} />
      <List list={list} rows={rows}>
        <DataTable
          label={t.alerts.title}
          rows={rows}
          total={total}
          columns={shown}
          rowId={(row) => row.id}
          rowName={(row) => `${row.host} ${row.name}`}
          card={(row) => <AlertCard row={row} t={t} />}
          dense={settings.dense}
          sort={SORTED[search.sort ?? "urgency"]}
          onSort={(by) => change({ sort: nextSort(search.sort, by) })}
          selected={selected}
          onSelect={setSelected}
          more={list.hasNextPage && !list.isFetchingNextPage ? () => void list.fetchNextPage() : undefined}
        />
      </List>
    </>
  );
}

type ListQuery = ReturnType<typeof useInfiniteQuery<Page<AlertRow>, Error, { pages: Page<AlertRow>[] }, readonly unknown[], string | null>>;

function List(props: { list: Pick<ListQuery, "error" | "data" | "refetch">; rows: AlertRow[]; children: React.ReactNode }) {
  const t = useText();
  const search = useSearch({ from: "/inside/alerts" });
  const { list, rows } = props;
  if (list.error !== null && list.data === undefined) return <Failure error={list.error} retry={() => void list.refetch()} />;
  if (list.data === undefined) return <Loading lines={10} />;
  if (rows.length > 0) return props.children;
  const filtered = Object.entries(search).some(([name, value]) => name !== "org" && name !== "sort" && value !== undefined);
  if (filtered) return <Empty title={t.alerts.empty}>{t.alerts.emptyNext}</Empty>;
  return (
    <Empty title={t.alerts.none} command={`curl -H 'Authorization: Bearer KEY' -H 'Content-Type: application/json' -d @alert.json ${window.location.origin}/api/v1/alerts`}>
      {t.alerts.noneNext}
    </Empty>
  );
}

/** All rows of the list, also those not scrolled to yet, so that the file holds what the count says. */
function useExport(list: { fetchNextPage: () => Promise<{ data?: { pages: Page<AlertRow>[] } | undefined; hasNextPage: boolean }>; hasNextPage: boolean }, rows: AlertRow[]) {
  return async (write: (rows: AlertRow[]) => void) => {
    let all = rows;
    let more = list.hasNextPage;
    while (more) {
      const next = await list.fetchNextPage();
      all = next.data?.pages.flatMap((page) => page.items) ?? all;
      more = next.hasNextPage;
    }
    write(all);
  };
}

const SORTED: Record<NonNullable<AlertSearch["sort"]>, { by: string; descending: boolean }> = {
  urgency: { by: "urgency", descending: false },
  newest: { by: "received", descending: true },
  oldest: { by: "received", descending: false },
  score: { by: "score", descending: true },
  due: { by: "due", descending: false },
};

/** What a click on a column's head asks for; a second click goes back to urgency. */
function nextSort(sort: AlertSearch["sort"], by: string): AlertSearch["sort"] {
  if (by === "received") return sort === "newest" ? "oldest" : sort === "oldest" ? undefined : "newest";
  if (by === "score" || by === "due") return sort === by ? undefined : by;
  return undefined;
}
