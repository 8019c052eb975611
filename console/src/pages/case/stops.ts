import type { CasePage } from "../../api/types";

/** The instants at which the case changed, each once, ascending. */
export function stops(page: Pick<CasePage, "history" | "comments">): string[] {
  const at = new Set([...page.history, ...page.comments].map((each) => each.at));
  return [...at].sort((a, b) => Date.parse(a) - Date.parse(b) || a.localeCompare(b));
}

/** The stop that stood at an instant: the last one not after it. */
export function stopOf(all: string[], instant: string): number {
  const at = Date.parse(instant);
  return Math.max(0, all.findLastIndex((stop) => Date.parse(stop) <= at));
}
