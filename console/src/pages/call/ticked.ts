/** What was asked, and what was asked to be kept, as a remark. */
import type { Dictionary } from "../../i18n/dictionary";

export type Ticked = "question" | "evidence";

export function tick(kind: Ticked, text: string): string {
  return `${kind}:${text}`;
}

export function tickedRemark(ticked: string[], t: Dictionary["call"]): string | null {
  const of = (kind: Ticked) => ticked.filter((each) => each.startsWith(`${kind}:`)).map((each) => `- ${each.slice(kind.length + 1)}`);
  const parts = [
    { head: t.asked, lines: of("question") },
    { head: t.kept, lines: of("evidence") },
  ].filter(({ lines }) => lines.length > 0);
  return parts.length === 0 ? null : [t.tickedTitle, ...parts.flatMap(({ head, lines }) => [`${head}:`, ...lines])].join("\n");
}
