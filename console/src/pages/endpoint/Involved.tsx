/** What has happened on this endpoint: its alerts and its cases, latest first, some at a time. */
import { Button } from "@mantine/core";
import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useRef } from "react";
import { get } from "../../api/client";
import type { AlertRow, CaseRow, EndpointRow, Page } from "../../api/types";
import { useText } from "../../i18n/language";
import { useStepKeys } from "../../keys/useKeys";
import { DrillChip, VerdictChip } from "../../parts/Chips";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/States";
import { Time } from "../../parts/Time";
import facts from "../case/CasePage.module.css";
import { Classified } from "../cases/Classified";
import styles from "./EndpointPage.module.css";

const PAGE = 10;

/** Keys begin with the list's name, so that news of an alert or a case refresh them. */
const involved = <Row,>(list: "alerts" | "cases", endpoint: EndpointRow, query: Record<string, string>) =>
  infiniteQueryOptions({
    queryKey: [list === "alerts" ? "alert" : "cases", "of-endpoint", endpoint.id],
    queryFn: ({ pageParam, signal }) => get<Page<Row>>(`/${list}`, { ...query, cursor: pageParam, limit: PAGE }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

export function Involved(props: { endpoint: EndpointRow }) {
  const t = useText();
  const { endpoint } = props;
  const list = useRef<HTMLDivElement>(null);
  useStepKeys(list, "a");
  const alerts = useInfiniteQuery(involved<AlertRow>("alerts", endpoint, { org: endpoint.org, host: endpoint.host, sort: "newest" }));
  const cases = useInfiniteQuery(involved<CaseRow>("cases", endpoint, { org: endpoint.org, endpoint: endpoint.id }));
  return (
    <div ref={list} className={styles.involved}>
      <List id="alerts" title={t.alerts.title} none={t.endpoints.noAlerts} query={alerts} row={(row) => <OneAlert key={row.id} row={row} />} />
      <List id="cases" title={t.cases.title} none={t.endpoints.noCases} query={cases} row={(row) => <OneCase key={row.id} row={row} />} />
    </div>
  );
}

type Asked<Row> = Pick<ReturnType<typeof useInfiniteQuery<Page<Row>>>, "error" | "refetch" | "hasNextPage" | "isFetchingNextPage" | "fetchNextPage"> & { data: { pages: Page<Row>[] } | undefined };

function List<Row>(props: { id: string; title: string; none: string; query: Asked<Row>; row: (row: Row) => ReactNode }) {
  const t = useText();
  const { id, query } = props;
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? [];
  const total = query.data?.pages[0]?.total ?? 0;
  return (
    <section className={facts.box} aria-labelledby={id}>
      <h2 id={id}>
        {props.title} {query.data !== undefined && <span className={facts.dim}>{t.parts.total(total)}</span>}
      </h2>
      {query.data === undefined && (query.error === null ? <Loading lines={3} /> : <Failure error={query.error} retry={() => void query.refetch()} />)}
      {query.data !== undefined && total === 0 && <p className={facts.dim}>{props.none}</p>}
      <ol className={styles.rows}>{rows.map(props.row)}</ol>
      {query.hasNextPage && (
        <Button variant="default" size="compact-sm" mt={8} loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t.duty.more(total - rows.length)}
        </Button>
      )}
    </section>
  );
}

function OneAlert(props: { row: AlertRow }) {
  const t = useText();
  const { row } = props;
  return (
    <li>
      <VerdictChip verdict={row.verdict} />
      <Link to="/alerts/$id" params={{ id: row.id }}>
        {row.name}
      </Link>
      <span className={styles.aside}>
        {row.drill && <DrillChip />} {t.words.alertState[row.state]} · <Time at={row.received_at} form="short" />
      </span>
    </li>
  );
}

function OneCase(props: { row: CaseRow }) {
  const t = useText();
  const { row } = props;
  return (
    <li>
      <VerdictChip verdict={row.verdict} />
      <Link to="/cases/$id" params={{ id: row.id }}>
        {row.reference} {row.title}
      </Link>
      <span className={styles.aside}>
        <Classified of={row} /> {t.words.caseState[row.state]} · <Time at={row.opened_at} form="short" />
      </span>
    </li>
  );
}
