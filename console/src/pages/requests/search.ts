/** The filters of the queue, as they stand in the address. */
import type { ServiceKind } from "../../api/types";
import { oneOf, type Search, text } from "../../url/search";

export const STATES = ["unended", "open", "taken", "ended", "all"] as const;
export const SERVICES = ["emergency", "proactive", "inquiry"] as const satisfies readonly ServiceKind[];
export const ASSIGNED = ["me", "none"] as const;

export interface RequestSearch {
  state?: (typeof STATES)[number];
  service?: ServiceKind;
  assignee?: (typeof ASSIGNED)[number];
  q?: string;
}

export function requestSearch(search: Search): RequestSearch {
  return {
    state: oneOf(search["state"], STATES),
    service: oneOf(search["service"], SERVICES),
    assignee: oneOf(search["assignee"], ASSIGNED),
    q: text(search["q"]),
  };
}
