/** Searches to start with. */
import type { Dictionary } from "../../i18n/dictionary";

export const EXAMPLES: { name: keyof Dictionary["hunt"]["examples"]; sql: string }[] = [
  {
    name: "processes",
    sql: "SELECT time, host, process_image, process_command_line, parent_image\nFROM events\nWHERE channel LIKE '%Sysmon%' AND event_id = 1\nORDER BY time DESC\nLIMIT 200",
  },
  {
    name: "network",
    sql: "SELECT host, network_dst_ip, network_dst_port, count(*) AS connections\nFROM events\nWHERE network_dst_ip IS NOT NULL\nGROUP BY host, network_dst_ip, network_dst_port\nORDER BY connections DESC\nLIMIT 100",
  },
  {
    name: "rare",
    sql: "SELECT process_sha256, min(process_image) AS image, min(host) AS host, min(time) AS first_seen\nFROM events\nWHERE process_sha256 IS NOT NULL\nGROUP BY process_sha256\nHAVING count(DISTINCT host) = 1\nORDER BY first_seen DESC\nLIMIT 100",
  },
  {
    name: "encoded",
    sql: "SELECT time, host, process_user, process_command_line\nFROM events\nWHERE lower(process_image) LIKE '%powershell.exe' AND lower(process_command_line) LIKE '% -enc%'\nORDER BY time DESC\nLIMIT 100",
  },
];
