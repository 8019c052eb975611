/** The list of alerts, page by page, and what may be done to several at once. */
import { type InfiniteData, infiniteQueryOptions, type QueryClient } from "@tanstack/react-query";
import { get, post } from "../../api/client";
import { isConflict } from "../../api/guarded";
import type { AlertPage, AlertRow, Page } from "../../api/types";
import type { AlertSearch } from "./search";

const PAGE = 200;
type Pages<Row> = InfiniteData<Page<Row>, string | null>;
export type AlertPages = Pages<AlertRow>;

function parameters(search: AlertSearch, org: string | undefined) {
  const { state = "open", verdict, assignee, host, q, sort } = search;
  return { org, state: state === "all" ? undefined : state, verdict, assignee, host, q, sort };
}

export const alerts = (search: AlertSearch, org: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ["alerts", parameters(search, org)] as const,
    queryFn: ({ pageParam, signal }) => get<Page<AlertRow>>("/alerts", { ...parameters(search, org), cursor: pageParam, limit: PAGE }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchOnWindowFocus: false,
  });

/** The first page as it is now, not shown: to count what is new and to refresh rows where they stand. */
export function peek(search: AlertSearch, org: string | undefined): Promise<Page<AlertRow>> {
  return get<Page<AlertRow>>("/alerts", { ...parameters(search, org), limit: PAGE });
}

/** Puts newer rows in the place of the same rows; adds and moves nothing. Returns how many rows are new. */
export function freshen<Row extends { id: string }>(before: Pages<Row>, now: Page<Row>): { pages: Pages<Row>; fresh: number } {
  const newer = new Map(now.items.map((row) => [row.id, row]));
  const known = new Set(before.pages.flatMap((page) => page.items.map((row) => row.id)));
  const pages = before.pages.map((page) => ({ ...page, items: page.items.map((row) => newer.get(row.id) ?? row) }));
  return { pages: { ...before, pages }, fresh: now.items.filter((row) => !known.has(row.id)).length };
}

type Seen = Pick<AlertRow, "id" | "version" | "state">;

/** Somebody else has closed or opened some of the alerts meanwhile; the rows as they stand now. */
export class RowsChanged extends Error {
  constructor(readonly rows: AlertRow[]) {
    super("alerts were changed meanwhile");
    this.name = "RowsChanged";
  }
}

/** Closes alerts as they were seen. What only triage has changed meanwhile does not stand in the way. */
export async function closeAlerts(client: QueryClient, seen: Seen[], reason: string): Promise<void> {
  const send = (rows: Seen[]) => post("/alerts/close", { ids: rows.map(({ id }) => id), expected_versions: Object.fromEntries(rows.map(({ id, version }) => [id, version])), reason });
  try {
    await send(seen);
  } catch (error) {
    if (!isConflict(error)) throw error;
    const fresh = await Promise.all(seen.map(({ id }) => get<AlertPage>(`/alerts/${encodeURIComponent(id)}`).then((page) => page.alert)));
    if (fresh.some((row, index) => row.state !== seen[index]?.state)) throw new RowsChanged(fresh);
    await send(fresh);
  } finally {
    await refresh(client);
  }
}

export async function reopenAlerts(client: QueryClient, ids: string[], reason: string): Promise<void> {
  await post("/alerts/reopen", { ids, reason });
  await refresh(client);
}

async function refresh(client: QueryClient): Promise<void> {
  await Promise.all([["alerts"], ["alert"], ["duty"]].map((queryKey) => client.invalidateQueries({ queryKey })));
}
