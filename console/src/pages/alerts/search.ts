/** The filters of the alert list, as they stand in the address. */
import type { Verdict } from "../../api/types";
import { oneOf, type Search, text } from "../../url/search";

export const STATES = ["open", "closed", "all"] as const;
export const VERDICTS = ["black", "grey", "white"] as const satisfies readonly Verdict[];

export interface AlertSearch {
  state?: (typeof STATES)[number];
  verdict?: Verdict;
  assignee?: string;
  host?: string;
  q?: string;
  sort?: (typeof SORTS)[number];
}

/** Without one the list is ordered by urgency. */
const SORTS = ["urgency", "newest", "oldest", "score", "due"] as const;

export function alertSearch(search: Search): AlertSearch {
  return {
    state: oneOf(search["state"], STATES),
    verdict: oneOf(search["verdict"], VERDICTS),
    assignee: text(search["assignee"]),
    host: text(search["host"]),
    q: text(search["q"]),
    sort: oneOf(search["sort"], SORTS),
  };
}
