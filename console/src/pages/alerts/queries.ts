/** The list of alerts, page by page, and what may be done to several at once. */
import { type InfiniteData, infiniteQueryOptions, type QueryClient } from "@tanstack/react-query";
import { get, post } from "../../api/client";
import type { AlertRow, Page } from "../../api/types";
import type { AlertSearch } from "./search";

const PAGE = 200;
export type AlertPages = InfiniteData<Page<AlertRow>, string | null>;

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
export function freshen(before: AlertPages, now: Page<AlertRow>): { pages: AlertPages; fresh: number } {
  const newer = new Map(now.items.map((row) => [row.id, row]));
  const known = new Set(before.pages.flatMap((page) => page.items.map((row) => row.id)));
  const pages = before.pages.map((page) => ({ ...page, items: page.items.map((row) => newer.get(row.id) ?? row) }));
  return { pages: { ...before, pages }, fresh: now.items.filter((row) => !known.has(row.id)).length };
}

export async function closeAlerts(client: QueryClient, ids: string[], reason: string): Promise<void> {
  await post("/alerts/close", { ids, reason });
  await refresh(client);
}

export async function reopenAlerts(client: QueryClient, ids: string[], reason: string): Promise<void> {
  await post("/alerts/reopen", { ids, reason });
  await refresh(client);
}

async function refresh(client: QueryClient): Promise<void> {
  await Promise.all([["alerts"], ["alert"], ["duty"]].map((queryKey) => client.invalidateQueries({ queryKey })));
}
