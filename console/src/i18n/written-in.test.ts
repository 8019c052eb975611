import { expect, test } from "vitest";
import { writtenIn } from "./written-in";

test("letters tell the language", () => {
  expect(["certutil downloads a file", "シャドウコピーの削除", "PowerShell の難読化", ""].map(writtenIn)).toEqual(["en", "ja", "ja", "en"]);
});
