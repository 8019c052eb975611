/** The URL is the state: flat, readable parameters, and parsers that turn what a person typed into known values. */

export type Search = Record<string, unknown>;

/** `?verdict=black&q=a b` ↔ flat strings, no JSON. */
export function parseSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text.startsWith("?") ? text.slice(1) : text));
}

export function stringifySearch(search: Record<string, unknown>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== null && value !== "") parameters.set(name, String(value));
  }
  const written = parameters.toString();
  return written === "" ? "" : `?${written}`;
}

/** The text, or nothing. */
export function text(value: unknown): string | undefined {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value.slice(0, 8000) : undefined;
}

/** The text if it names an instant. */
export function instant(value: unknown): string | undefined {
  const written = text(value);
  return written !== undefined && !Number.isNaN(Date.parse(written)) ? written : undefined;
}

/** The value if it is one of the known ones; anything else is as if absent. */
export function oneOf<const T extends string>(value: unknown, known: readonly T[]): T | undefined {
  return known.find((candidate) => candidate === value);
}

/** Several known values, comma-separated: `state=received,reported`. Order of `known`, each once. */
export function someOf<const T extends string>(value: unknown, known: readonly T[]): T[] {
  const wanted = new Set(typeof value === "string" ? value.split(",") : []);
  return known.filter((candidate) => wanted.has(candidate));
}

/** Where to go after signing in: a path of this console only, never another site. */
export function safeNext(value: unknown): string | undefined {
  const path = text(value);
  return path !== undefined && /^\/(?![/\\])/.test(path) && !path.startsWith("/sign-in") ? path : undefined;
}
