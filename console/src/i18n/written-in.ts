import type { Language } from "../api/types";

/** The language that a text of others is written in, as far as its letters tell: for screen readers and fonts. */
export function writtenIn(text: string): Language {
  return /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u.test(text) ? "ja" : "en";
}
