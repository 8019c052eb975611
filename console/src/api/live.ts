/** News from the server: what changed, by kind and id. A lost connection is known within seconds and says so. */
import type { QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";

export interface News {
  kind: string;
  id: string;
}

type Listener = (news: News[]) => void;

const listeners = new Set<Listener>();
const watchers = new Set<() => void>();
let connected = true;
let gathered: News[] = [];
let timer: ReturnType<typeof setTimeout> | null = null;

/** Opens the stream; the returned function closes it. News are gathered for a moment, so that a burst refreshes once. */
export function listen(client: QueryClient): () => void {
  let source: EventSource | null = null;
  let again: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    const made = new EventSource("/api/v1/live");
    source = made;
    made.onopen = () => {
      if (!connected) void client.invalidateQueries();
      setConnected(true);
    };
    made.onerror = () => {
      setConnected(false);
      // The browser gives up for good where the server answered with an error.
      if (made.readyState === EventSource.CLOSED) again = setTimeout(open, 5_000);
    };
    made.addEventListener("resync", () => void client.invalidateQueries());
    made.onmessage = (message: MessageEvent<string>) => {
      const news = parse(message.data);
      if (news === null) return;
      gathered.push(news);
      timer ??= setTimeout(() => hand(client), 300);
    };
  };
  open();
  return () => {
    source?.close();
    clearTimeout(again);
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
}

function hand(client: QueryClient): void {
  const news = gathered;
  gathered = [];
  timer = null;
  for (const key of staleKeys(news)) void client.invalidateQueries({ queryKey: key });
  for (const listener of listeners) listener(news);
}

/** What a piece of news makes stale. Lists of alerts are left alone: rows never move under the pointer, a pill offers them. */
export function staleKeys(news: News[]): string[][] {
  const keys = new Map<string, string[]>();
  const add = (...key: string[]) => keys.set(key.join("\n"), key);
  for (const { kind, id } of news) {
    add(kind, id);
    if (kind === "alert" || kind === "case") add("duty");
    if (kind === "person") {
      add("people");
      add("colleagues");
    } else if (kind !== "alert") add(`${kind}s`);
  }
  return [...keys.values()];
}

function parse(text: string): News | null {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value !== "object" || value === null || !("kind" in value) || !("id" in value)) return null;
    return { kind: String(value.kind), id: String(value.id) };
  } catch {
    return null;
  }
}

function setConnected(next: boolean): void {
  if (connected === next) return;
  connected = next;
  for (const watcher of watchers) watcher();
}

export function useConnected(): boolean {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => connected,
  );
}

export function onNews(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
