import { describe, expect, test } from "vitest";
import { instant, oneOf, parseSearch, safeNext, someOf, stringifySearch, text } from "./search";

describe("the URL is the state", () => {
  test("what is written is read back", () => {
    const state = { verdict: "black", q: "PC-014 & 総務", cursor: undefined, empty: "" };
    expect(stringifySearch(state)).toBe("?verdict=black&q=PC-014+%26+%E7%B7%8F%E5%8B%99");
    expect(parseSearch(stringifySearch(state))).toEqual({ verdict: "black", q: "PC-014 & 総務" });
    expect(stringifySearch({})).toBe("");
  });

  test("what names no instant is as if absent", () => {
    expect(instant("2026-11-23T03:10:00Z")).toBe("2026-11-23T03:10:00Z");
    expect(instant("foo")).toBeUndefined();
  });

  test("numbers and words stay text", () => {
    expect(parseSearch("?q=0123&host=true")).toEqual({ q: "0123", host: "true" });
    expect(text(5)).toBe("5");
  });

  test("unknown values count as absent", () => {
    expect(oneOf("purple", ["black", "grey", "white"])).toBeUndefined();
    expect(oneOf("grey", ["black", "grey", "white"])).toBe("grey");
    expect(someOf("closed,x,received,closed", ["received", "closed"])).toEqual(["received", "closed"]);
  });

  test("after signing in only a page of this console is opened", () => {
    expect(safeNext("/alerts/1?sel=a")).toBe("/alerts/1?sel=a");
    for (const bad of ["//evil.example", "https://evil.example", "/\\evil.example", "/sign-in", "", 7]) expect(safeNext(bad)).toBeUndefined();
  });
});
