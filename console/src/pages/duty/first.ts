import type { Duty, DutyCard } from "../../api/types";

/** Among the cards of one kind, the desk's order: the nearest clock first. */
const first = (cards: DutyCard[], kind: DutyCard["kind"]) => cards.find((card) => card.kind === kind);

/** What a person does first: a case past or near its clock or waiting to be judged, else an alert past its clock, then one near it; null where nothing presses. */
export function firstOf({ overdue, within_two_hours }: Pick<Duty["lanes"], "overdue" | "within_two_hours">): DutyCard | null {
  return first(overdue, "case") ?? first(within_two_hours, "case") ?? first(overdue, "alert") ?? first(within_two_hours, "alert") ?? null;
}
