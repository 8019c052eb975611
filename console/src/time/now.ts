/** One ticking clock for the whole page. */
import { useSyncExternalStore } from "react";

const watchers = new Set<() => void>();
let now = Math.floor(Date.now() / 1000) * 1000;
let timer: ReturnType<typeof setInterval> | null = null;

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  timer ??= setInterval(() => {
    now = Math.floor(Date.now() / 1000) * 1000;
    for (const each of watchers) each();
  }, 1000);
  return () => {
    watchers.delete(watcher);
    if (watchers.size === 0 && timer !== null) {
      clearInterval(timer);
      timer = null;
    }
  };
}

/** Now, in whole steps of that many seconds: a component that shows minutes need not redraw each second. */
export function useNow(stepSeconds = 1): number {
  const step = stepSeconds * 1000;
  return useSyncExternalStore(watch, () => Math.floor(now / step) * step);
}
