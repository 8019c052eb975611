/** One request: its page, what may be done to it, and how what is written of it is saved. */
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { get, post, put } from "../../api/client";
import { guarded } from "../../api/guarded";
import { useConnected } from "../../api/live";
import type { RequestPage, RequestRow, Retainer, Sign } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { type Kept, Sheet, type SheetState, type World } from "./sheet";
import { writtenOf } from "./written";

const path = (id: string) => `/requests/${encodeURIComponent(id)}`;

export const requestPage = (id: string) => queryOptions({ queryKey: ["request", id], queryFn: ({ signal }) => get<RequestPage>(path(id), {}, signal) });

/** The signs of the playbook, in the language of the page. */
export function useSigns(): Sign[] {
  const { language } = useLanguage();
  const { data } = useQuery({ queryKey: ["signs", language], queryFn: ({ signal }) => get<{ items: Sign[] }>("/signs", {}, signal).then(({ items }) => items), staleTime: Number.POSITIVE_INFINITY });
  return data ?? [];
}

export const retainersOf = (org: string) =>
  queryOptions({ queryKey: ["retainers", org], queryFn: ({ signal }) => get<{ items: Retainer[] }>(`/organizations/${encodeURIComponent(org)}/retainers`, {}, signal).then(({ items }) => items) });

const touched = (id: string) => [["request", id], ["requests"], ["queue"]];

/** Posts to a sub-resource upon the version that was seen; what counts as unchanged is for the act to say. */
export function useRequestAct<Body extends object>(seen: RequestRow, act: string, unchanged: (fresh: RequestRow) => boolean) {
  const client = useQueryClient();
  const read = () => get<RequestPage>(path(seen.id)).then((page) => page.request);
  return useMutation({
    mutationFn: (body: Body) => guarded(seen, unchanged, read, (expected_version) => post<RequestPage>(`${path(seen.id)}/${act}`, { ...body, expected_version })),
    onSettled: () => Promise.all(touched(seen.id).map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}

/** A remark needs no version. */
export function useComment(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (text: string) => post(`${path(id)}/comments`, { text }),
    onSettled: () => client.invalidateQueries({ queryKey: ["request", id] }),
  });
}

const draftName = (id: string | null) => `hikeshi.call.${id ?? "new"}`;

/** What this browser keeps of a request that is being written; null: nothing. */
export function keptDraft(id: string | null): Kept | null {
  try {
    return JSON.parse(localStorage.getItem(draftName(id)) ?? "null") as Kept | null;
  } catch {
    return null;
  }
}

export function dropDraft(id: string | null): void {
  localStorage.removeItem(draftName(id));
}

/** The sheet of a request that saves itself. `page`: the request, where there is one already. */
export function useSheet(first: Kept, page: RequestPage | null, created?: (page: RequestPage) => void): [Sheet, SheetState] {
  const client = useQueryClient();
  const connected = useConnected();
  const tell = useRef(created);
  tell.current = created;
  const [sheet] = useState(() => {
    const world: World = {
      receive: ({ org, channel, receivedAt, written }) => post<RequestPage>("/requests", { org, channel, received_at: receivedAt, ...written }),
      write: (id, written, expected_version) => put<RequestPage>(path(id), { ...written, expected_version }),
      read: (id) => get<RequestPage>(path(id)),
      keep: (id, kept) => localStorage.setItem(draftName(id), JSON.stringify(kept)),
      drop: dropDraft,
      told: (told, isNew) => {
        client.setQueryData(requestPage(told.request.id).queryKey, told);
        void client.invalidateQueries({ queryKey: ["queue"] });
        if (isNew) tell.current?.(told);
      },
    };
    return new Sheet(world, first, page);
  });
  const state = useSyncExternalStore(sheet.subscribe, sheet.state);
  // What others do to it meanwhile is seen here too.
  const id = state.page?.request.id;
  const { data } = useQuery({ ...requestPage(id ?? ""), enabled: id !== undefined });
  useEffect(() => {
    if (data !== undefined) sheet.adopt(data);
  }, [sheet, data]);
  useEffect(() => {
    if (connected) void sheet.flush();
  }, [sheet, connected]);
  useEffect(() => () => sheet.leave(), [sheet]);
  return [sheet, state];
}

/** What a sheet begins with for a request that is there: what this browser still keeps of it, else what the server has. */
export function keptOf(page: RequestPage): Kept {
  const { id, org, channel, received_at } = page.request;
  const { ticked = [], ...draft } = keptDraft(id) ?? {};
  const written = writtenOf(page);
  return { org, channel, receivedAt: received_at, written, base: written, ...draft, ticked };
}
