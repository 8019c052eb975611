/** What kind of thing a value is, and the question to ask the fleet about it. */

export type IndicatorKind = "sha256" | "sha1" | "md5" | "ip" | "domain" | "url" | "path" | "registry" | "command" | "text";

const BY_NAME: Record<string, IndicatorKind> = {
  sha256: "sha256",
  sha1: "sha1",
  md5: "md5",
  path: "path",
  image: "path",
  parent: "path",
  file: "path",
  registry: "registry",
  key: "registry",
  command_line: "command",
  command: "command",
  parent_command_line: "command",
  ip: "ip",
  domain: "domain",
  query: "domain",
  url: "url",
  host_url: "url",
  referrer_url: "url",
};

/** The kind by the name of the field, else by the look of the value. */
export function kindOf(name: string, value: string): IndicatorKind {
  const named = BY_NAME[name];
  if (named !== undefined && named !== "ip" && named !== "domain") return named;
  return byLook(value) ?? named ?? "text";
}

function byLook(value: string): IndicatorKind | undefined {
  if (/^[0-9a-f]{64}$/i.test(value)) return "sha256";
  if (/^[0-9a-f]{40}$/i.test(value)) return "sha1";
  if (/^[0-9a-f]{32}$/i.test(value)) return "md5";
  if (/^https?:\/\//i.test(value)) return "url";
  if (/^(\d{1,3}\.){3}\d{1,3}(:\d+)?$/.test(value) || /^\[?[0-9a-f:]*::?[0-9a-f:]+\]?$/i.test(value)) return "ip";
  if (/^HK(LM|CU|U|CR|EY_)/i.test(value)) return "registry";
  if (/^[a-z]:\\/i.test(value) || value.startsWith("\\\\") || value.startsWith("/")) return "path";
  if (/^([\p{L}\p{N}-]+\.)+[\p{L}]{2,}(:\d+)?$/u.test(value)) return "domain";
  return undefined;
}

const COLUMNS: Record<IndicatorKind, string[]> = {
  sha256: ["process_sha256", "file_sha256"],
  sha1: ["process_sha1", "file_sha1"],
  md5: ["process_md5", "file_md5"],
  ip: ["network_dst_ip", "network_src_ip"],
  domain: ["dns_query", "network_dst_host"],
  url: ["network_url"],
  path: ["process_image", "file_path"],
  registry: ["registry_path"],
  command: ["process_command_line"],
  text: ["raw"],
};

/** SQL that looks for the value on every endpoint. The value is a quoted literal, whatever stands in it. */
export function huntFor(kind: IndicatorKind, value: string): string {
  const bare = kind === "ip" || kind === "domain" ? value.replace(/^\[|\]$/g, "").replace(/(?<=[^:]):\d+$/, "") : value;
  const literal = `'${bare.replaceAll("'", "''")}'`;
  const condition = COLUMNS[kind].map((column) => (kind === "text" ? `${column} LIKE '%${bare.replaceAll("'", "''")}%'` : `${column} = ${literal}`)).join(" OR ");
  return `SELECT time, host, event_id, process_image, process_command_line, ${COLUMNS[kind].filter((column) => !column.startsWith("process_image") && !column.startsWith("process_command")).join(", ") || "process_user"}\nFROM events\nWHERE ${condition}\nORDER BY time DESC\nLIMIT 500`;
}

/** Only what identifies a file can be excused: by hash or by path. */
export function excusable(kind: IndicatorKind): "hash" | "path" | null {
  if (kind === "path") return "path";
  return kind === "sha256" || kind === "sha1" || kind === "md5" ? "hash" : null;
}
