import { expect, test } from "vitest";
import { csv, inert } from "./csv";

test.each(["=1+1", "+1", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", " =1", "＝1+1"])("a formula is made inert: %s", (text) => {
  expect(inert(text)).toBe(`'${text}`);
});

test("numbers stay numbers, quotes double, lines end with CRLF, a mark leads", () => {
  expect(csv(["name", "score"], [['a "b", c', -15], ["x\ny", null]])).toBe('\uFEFFname,score\r\n"a ""b"", c",-15\r\n"x\ny",\r\n');
});
