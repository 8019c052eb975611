import { describe, expect, test } from "vitest";
import { en } from "./en";
import { ja } from "./ja";

type Leaf = { path: string; text: string };

/** Every text of a dictionary; a function is called with sample values. */
function leaves(value: unknown, path: string): Leaf[] {
  if (typeof value === "string") return [{ path, text: value }];
  if (typeof value === "function") return [{ path, text: String((value as (...values: unknown[]) => unknown)(3, 2, 1)) }];
  if (Array.isArray(value)) return value.flatMap((item, index) => leaves(item, `${path}.${index}`));
  if (typeof value === "object" && value !== null) return Object.entries(value).flatMap(([name, inner]) => leaves(inner, path === "" ? name : `${path}.${name}`));
  return [];
}

const JAPANESE = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u;
/** Texts that are the same in every language: names, codes, formats. */
const SAME = /^(frame\.product|words\.language\.|words\.severityLevel|parts\.utc)/;

describe("both languages", () => {
  const japanese = leaves(ja, "");
  const english = leaves(en, "");

  test("have the same texts", () => {
    expect(english.map((leaf) => leaf.path).sort()).toEqual(japanese.map((leaf) => leaf.path).sort());
  });

  test("no text is empty", () => {
    expect([...japanese, ...english].filter((leaf) => leaf.text.trim() === "").map((leaf) => leaf.path)).toEqual([]);
  });

  test("no Japanese stands in English texts", () => {
    const wrong = english.filter((leaf) => JAPANESE.test(leaf.text) && !SAME.test(leaf.path));
    expect(wrong.map((leaf) => leaf.path)).toEqual([]);
  });

  test("sentences are translated", () => {
    const byPath = new Map(english.map((leaf) => [leaf.path, leaf.text]));
    const wrong = japanese.filter((leaf) => byPath.get(leaf.path) === leaf.text && /[a-z]{4,} [a-z]{2,}/i.test(leaf.text) && !SAME.test(leaf.path));
    expect(wrong.map((leaf) => leaf.path)).toEqual([]);
  });
});
