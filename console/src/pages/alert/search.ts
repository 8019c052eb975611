/** What is open on the page of an alert, as it stands in the address. */
import type { SectionKind } from "../../api/types";

export const RANGES = ["fit", "minutes", "hour", "day", "all"] as const;
export type Range = (typeof RANGES)[number];

export const SECTIONS = [
  "origin",
  "process_chain",
  "processes_started",
  "files_written",
  "registry_edited",
  "files_read",
  "network",
  "file_attributes",
] as const satisfies readonly SectionKind[];

export interface AlertPageSearch {
  sel?: string;
  range?: Range;
  section?: SectionKind;
}
