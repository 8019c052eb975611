import { describe, expect, test } from "vitest";
import { clockState, full, offset, relative, span, utc } from "./format";

describe("times", () => {
  const at = "2026-11-20T18:08:41Z";

  test("stand in the person's zone with the offset, and in UTC", () => {
    expect(full(at, "Asia/Tokyo")).toBe("2026-11-21 03:08:41 +09:00");
    expect(full(at, "America/St_Johns")).toBe("2026-11-20 14:38:41 -03:30");
    expect(utc(at)).toBe("2026-11-20 18:08:41 UTC");
  });

  test("offsets follow summer time", () => {
    expect(offset(new Date("2026-07-01T00:00:00Z"), "Europe/Berlin")).toBe("+02:00");
    expect(offset(new Date("2026-12-01T00:00:00.500Z"), "Europe/Berlin")).toBe("+01:00");
  });

  test("midnight is 00, never 24", () => {
    expect(full("2026-11-20T15:00:00Z", "Asia/Tokyo")).toBe("2026-11-21 00:00:00 +09:00");
  });

  test("relative times", () => {
    const now = Date.parse(at);
    expect(relative("2026-11-20T18:05:41Z", now, "ja")).toBe("3 分前");
    expect(relative("2026-11-20T20:08:41Z", now, "en")).toBe("in 2 hours");
  });

  test("spans show their two largest units", () => {
    expect(span(72 * 60_000, "ja")).toBe("1 時間 12 分");
    expect(span(248_000, "en")).toBe("4 min 8 s");
    expect(span(7_200_000, "en")).toBe("2 h");
    expect(span(0, "ja")).toBe("0 秒");
  });

  test("a clock turns amber in the last quarter and red when missed", () => {
    const start = "2026-11-20T16:00:00Z";
    const due = "2026-11-20T18:00:00Z";
    expect(clockState(due, Date.parse("2026-11-20T17:29:59Z"), start)).toBe("calm");
    expect(clockState(due, Date.parse("2026-11-20T17:30:00Z"), start)).toBe("soon");
    expect(clockState(due, Date.parse("2026-11-20T18:00:00Z"), start)).toBe("missed");
  });
});
