import type { Triage } from "../../api/types";
import type { Marks, Selection } from "./selection";

/** What every picture of the evidence is given. */
export interface Shared {
  triage: Triage;
  selection: Selection | null;
  marked: Marks;
  /** Selecting the selected again clears. */
  select: (selection: Selection | null) => void;
}

/** The last part of a Windows or Unix path. */
export function fileName(path: string | null): string | null {
  return path === null ? null : (path.split(/[\\/]/).at(-1) ?? path);
}
