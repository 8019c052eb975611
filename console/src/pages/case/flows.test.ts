import { describe, expect, test } from "vitest";
import { heads, outside, withBrought } from "./flows";

describe("flows", () => {
  // covers: S4-23
  test("recording is part of every choice, and heavier flows bring lighter ones", () => {
    expect(withBrought([])).toEqual(["record"]);
    expect(withBrought(["handle"])).toEqual(["record", "prevent", "handle"]);
    expect(withBrought(["external-help"])).toEqual(["record", "prevent", "handle", "disclose", "external-help"]);
  });

  // covers: S4-18
  test("a flow that the cell does not propose is outside", () => {
    expect(outside(["prevent"], ["record", "prevent"])).toEqual([]);
    expect(outside(["disclose"], ["handle"])).toEqual(["disclose"]);
  });

  test("a cell shows only what is not implied", () => {
    expect(heads(["record", "prevent", "handle"])).toEqual(["handle"]);
    expect(heads(["record"])).toEqual(["record"]);
  });
});
