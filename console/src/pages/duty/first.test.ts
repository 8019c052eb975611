import { expect, test } from "vitest";
import type { DutyCard } from "../../api/types";
import { firstOf } from "./first";

const card = (kind: DutyCard["kind"], id: string) => ({ kind, id }) as DutyCard;

test("a case comes before any flood of alerts, an overdue one before the others", () => {
  const flood = Array.from({ length: 40 }, (_, index) => card("alert", `a${index}`));
  expect(firstOf({ overdue: flood, within_two_hours: [card("case", "c1"), ...flood] })?.id).toBe("c1");
  expect(firstOf({ overdue: [card("case", "c0")], within_two_hours: [card("case", "c1")] })?.id).toBe("c0");
});

test("without a case the overdue alert comes first, and nothing where nothing presses", () => {
  expect(firstOf({ overdue: [card("alert", "late")], within_two_hours: [card("alert", "soon")] })?.id).toBe("late");
  expect(firstOf({ overdue: [], within_two_hours: [card("alert", "soon")] })?.id).toBe("soon");
  expect(firstOf({ overdue: [], within_two_hours: [] })).toBe(null);
});
