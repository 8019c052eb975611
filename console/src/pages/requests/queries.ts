/** The queue, page by page. */
import { type InfiniteData, infiniteQueryOptions, queryOptions, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { get, post } from "../../api/client";
import { guarded } from "../../api/guarded";
import { onNews } from "../../api/live";
import type { Page, RequestPage, RequestRow } from "../../api/types";
import { freshen } from "../alerts/queries";
import type { RequestSearch } from "./search";

type Pages = InfiniteData<Page<RequestRow>, string | null>;

function parameters(search: RequestSearch, org: string | undefined) {
  const { state = "unended", service, assignee, q } = search;
  return { org, state: state === "all" ? undefined : state, service, assignee, q };
}

const first = (search: RequestSearch, org: string | undefined) => get<Page<RequestRow>>("/requests", { ...parameters(search, org), limit: 100 });

/** Not under `requests`: news refresh its rows where they stand (`useFresh`). */
export const queue = (search: RequestSearch, org: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ["queue", parameters(search, org)] as const,
    queryFn: ({ pageParam, signal }) => get<Page<RequestRow>>("/requests", { ...parameters(search, org), cursor: pageParam, limit: 100 }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchOnWindowFocus: false,
  });

/** The beginning of the queue, for the duty page. */
export const waiting = (org: string | undefined) =>
  queryOptions({
    queryKey: ["requests", "waiting", org],
    queryFn: ({ signal }) => get<Page<RequestRow>>("/requests", { org, state: "unended", limit: 3 }, signal),
    refetchInterval: 60_000,
  });

/** Rows on screen change where they stand; what is new waits behind a pill, so that nothing moves under the pointer. */
export function useFresh(search: RequestSearch & { org?: string }, queryKey: readonly unknown[]): { fresh: number; show: () => void } {
  const client = useQueryClient();
  const [fresh, setFresh] = useState(0);
  const key = JSON.stringify(queryKey);
  useEffect(() => {
    setFresh(0);
    let current = true;
    const stop = onNews((news) => {
      if (!news.some(({ kind }) => kind === "request")) return;
      void first(search, search.org).then((page) => {
        const before = client.getQueryData<Pages>(queryKey);
        if (!current || before === undefined) return;
        const after = freshen(before, page);
        client.setQueryData(queryKey, after.pages);
        setFresh(after.fresh);
      });
    });
    return () => {
      current = false;
      stop();
    };
  }, [client, key]);
  const show = () => {
    setFresh(0);
    void client.resetQueries({ queryKey });
  };
  return { fresh, show };
}

/** Gives a request to a person; where somebody else has taken it meanwhile, the conflict is thrown. */
export function assignRequest(row: RequestRow, person: string | null): Promise<RequestPage> {
  const path = `/requests/${encodeURIComponent(row.id)}`;
  const read = () => get<RequestPage>(path).then((page) => page.request);
  const unchanged = (fresh: RequestRow) => fresh.assignee?.id === row.assignee?.id && fresh.state === row.state;
  return guarded(row, unchanged, read, (expected_version) => post<RequestPage>(`${path}/assign`, { person, expected_version }));
}
