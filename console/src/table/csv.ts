/** Writes what a table shows as CSV that a spreadsheet opens without running anything. */

export type CsvCell = string | number | boolean | null | undefined;

/** A text that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, "CSV Injection"). */
export function inert(text: string): string {
  return /^[\s]*[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text;
}

function cell(value: CsvCell): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? inert(value) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** With a byte-order mark, so that spreadsheets read Japanese, and CRLF as RFC 4180 has it. */
export function csv(head: string[], rows: CsvCell[][]): string {
  return `\uFEFF${[head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

/** Hands a text to the browser as a download. */
export function save(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
