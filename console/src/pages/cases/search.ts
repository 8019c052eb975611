import { oneOf, type Search, text } from "../../url/search";

export const CASE_STATES = ["open", "to_judge", "handling", "closed", "all"] as const;

export interface CaseSearch {
  state?: (typeof CASE_STATES)[number];
  q?: string;
}

export function caseSearch(search: Search): CaseSearch {
  return { state: oneOf(search["state"], CASE_STATES), q: text(search["q"]) };
}
