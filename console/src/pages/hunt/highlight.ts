/** Cuts SQL into pieces to colour: just enough to read it, no parser. */

export type PieceKind = "keyword" | "text" | "number" | "comment" | "plain";

export interface Piece {
  kind: PieceKind;
  text: string;
}

const WORDS =
  "select|from|where|and|or|not|in|is|null|like|ilike|between|group|by|order|having|limit|offset|as|distinct|case|when|then|else|end|join|left|inner|on|union|all|asc|desc|with|count|sum|min|max|avg|interval|cast|true|false|exists|over|partition";
const PATTERN = new RegExp(`(--[^\\n]*|/\\*[\\s\\S]*?(?:\\*/|$))|('(?:[^']|'')*(?:'|$))|\\b(\\d+(?:\\.\\d+)?)\\b|\\b(${WORDS})\\b`, "gi");

export function pieces(sql: string): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const match of sql.matchAll(PATTERN)) {
    if (match.index > end) found.push({ kind: "plain", text: sql.slice(end, match.index) });
    const kind: PieceKind = match[1] !== undefined ? "comment" : match[2] !== undefined ? "text" : match[3] !== undefined ? "number" : "keyword";
    found.push({ kind, text: match[0] });
    end = match.index + match[0].length;
  }
  if (end < sql.length) found.push({ kind: "plain", text: sql.slice(end) });
  return found;
}
