import { expect, test } from "vitest";
import { en } from "../i18n/en";
import { ja } from "../i18n/ja";
import { TERMS } from "./terms";

const JAPANESE = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u;
const ENTRIES = Object.entries(TERMS);

test("each term stands in both languages with one short sentence or two", () => {
  for (const [name, term] of ENTRIES) {
    expect(JAPANESE.test(term.meaning.ja), name).toBe(true);
    expect(JAPANESE.test(term.en + term.meaning.en), name).toBe(false);
    expect(Math.max(term.meaning.ja.length, term.meaning.en.length / 2), name).toBeLessThan(90);
  }
});

test("terms are those that the pages show", () => {
  for (const flow of Object.keys(ja.words.flow) as (keyof typeof ja.words.flow)[]) {
    expect([TERMS[flow].ja, TERMS[flow].en]).toEqual([ja.words.flow[flow], en.words.flow[flow]]);
  }
  expect([TERMS.block_mode.ja, TERMS.block_mode.en]).toEqual([ja.alert.blockMode, en.alert.blockMode]);
  expect(TERMS.sections.ja).toBe(ja.alert.sections);
  for (const verdict of ["black", "grey", "white"] as const) expect(TERMS[verdict].ja).toContain(ja.words.verdict[verdict]);
});
