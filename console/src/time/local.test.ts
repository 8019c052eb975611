import { expect, test } from "vitest";
import { instantOf, localInput } from "./local";

test.each([
  ["2026-11-21T03:08", "Asia/Tokyo", "2026-11-20T18:08:00.000Z"],
  ["2026-07-01T12:00", "America/New_York", "2026-07-01T16:00:00.000Z"],
  ["2026-01-01T00:30", "Asia/Kolkata", "2025-12-31T19:00:00.000Z"],
  ["2026-03-29T12:00", "Europe/London", "2026-03-29T11:00:00.000Z"],
])("%s in %s is %s, and back", (local, zone, instant) => {
  expect(instantOf(local, zone)).toBe(instant);
  expect(localInput(instant, zone)).toBe(local);
});

test("a text that is no time is none", () => {
  expect(instantOf("", "Asia/Tokyo")).toBeNull();
  expect(localInput("2026-11-20T18:08:41Z", "Asia/Tokyo", true)).toBe("2026-11-21T03:08:41");
});
