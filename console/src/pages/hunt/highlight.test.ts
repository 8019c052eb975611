import { expect, test } from "vitest";
import { pieces } from "./highlight";

test("nothing is lost, whatever is typed", () => {
  for (const sql of ["SELECT host FROM events WHERE x = 'it''s' -- why\nLIMIT 5", "'open", "/* open", "", "selected fromage"]) {
    expect(pieces(sql).map(({ text }) => text).join("")).toBe(sql);
  }
});

test("keywords, texts, numbers and comments are told apart", () => {
  const kinds = pieces("SELECT 'select' LIMIT 5 -- limit").filter(({ kind }) => kind !== "plain");
  expect(kinds.map(({ kind, text }) => [kind, text])).toEqual([["keyword", "SELECT"], ["text", "'select'"], ["keyword", "LIMIT"], ["number", "5"], ["comment", "-- limit"]]);
  expect(pieces("selected").map(({ kind }) => kind)).toEqual(["plain"]);
});
