import { expect, test } from "vitest";
import type { Triage } from "../../api/types";
import { spanOf, tickLabel, ticks } from "./timescale";

const at = (text: string) => Date.parse(text);
const triage = {
  window: { from: "2026-11-13T18:08:12Z", detected_at: "2026-11-20T18:08:12Z", to: "2026-11-20T18:10:00Z" },
  sections: [{ items: [{ time: "2026-11-20T18:07:00Z" }, { time: "2026-11-20T18:09:00Z" }] }],
} as unknown as Pick<Triage, "window" | "sections">;

test("fitting shows the activity with a margin", () => {
  const span = spanOf("fit", triage);
  expect(span.from).toBeLessThan(at("2026-11-20T18:07:00Z"));
  expect(span.to).toBeGreaterThan(at("2026-11-20T18:09:00Z"));
  expect(span.to - span.from).toBeLessThan(200_000);
});

test("what lies beyond a long silence does not squeeze what happened around the detection", () => {
  const items = [{ time: "2026-11-18T00:00:00Z" }, ...triage.sections.flatMap((section) => section.items)];
  const span = spanOf("fit", { ...triage, sections: [{ items }] } as unknown as typeof triage);
  expect(span).toEqual(spanOf("fit", triage));
});

test("ticks are round in the reader's zone", () => {
  const week = ticks(spanOf("all", triage), 8, 9 * 3_600_000);
  expect(week.length).toBeLessThanOrEqual(8);
  expect(new Date(week[0]?.at ?? 0).toISOString()).toBe("2026-11-14T15:00:00.000Z");
  expect(tickLabel(week[0]?.at ?? 0, week[0]?.step ?? 0, "Asia/Tokyo")).toBe("11-15");
});
