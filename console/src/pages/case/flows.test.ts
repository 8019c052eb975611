import { describe, expect, test } from "vitest";
import { broughtBy, carriedOver, heads, outside, toggled, withBrought } from "./flows";

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

  // covers: S4-92
  test("at another cell what is decided goes on, and the first proposal joins where none is decided", () => {
    expect(carriedOver(["record", "prevent", "handle", "disclose"], ["handle"])).toEqual(["record", "prevent", "handle", "disclose"]);
    expect(carriedOver(["record", "prevent"], ["handle", "disclose"])).toEqual(["record", "prevent", "handle"]);
    expect(carriedOver(["record", "prevent"], ["external-help"])).toEqual(["record", "prevent", "handle", "disclose", "external-help"]);
  });

  test("a flow comes with what it brings, and goes alone", () => {
    expect(toggled(["record"], "disclose")).toEqual(["record", "prevent", "handle", "disclose"]);
    expect(toggled(["record", "prevent", "handle", "disclose"], "disclose")).toEqual(["record", "prevent", "handle"]);
    expect(broughtBy(["record", "prevent", "handle"])).toEqual(["record", "prevent"]);
  });

  test("a cell shows only what is not implied", () => {
    expect(heads(["record", "prevent", "handle"])).toEqual(["handle"]);
    expect(heads(["record"])).toEqual(["record"]);
  });
});
