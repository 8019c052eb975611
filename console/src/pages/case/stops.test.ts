import { describe, expect, it } from "vitest";
import { stopOf, stops } from "./stops";

const at = (instant: string) => ({ at: instant }) as never;

describe("stops of a case's past", () => {
  it("names each instant once, ascending, remarks too", () => {
    const page = { history: [at("2026-11-22T03:00:00.5Z"), at("2026-11-22T01:00:00Z")], comments: [at("2026-11-22T02:00:00Z"), at("2026-11-22T01:00:00Z")] };
    expect(stops(page)).toEqual(["2026-11-22T01:00:00Z", "2026-11-22T02:00:00Z", "2026-11-22T03:00:00.5Z"]);
  });

  it("takes an instant between two for the earlier one, and one before all for the first", () => {
    const all = ["2026-11-22T01:00:00Z", "2026-11-22T02:00:00Z"];
    expect(stopOf(all, "2026-11-22T01:59:59Z")).toBe(0);
    expect(stopOf(all, "2026-11-22T02:00:00Z")).toBe(1);
    expect(stopOf(all, "2026-11-22T12:00:00+09:00")).toBe(1);
    expect(stopOf(all, "2020-01-01T00:00:00Z")).toBe(0);
  });
});
