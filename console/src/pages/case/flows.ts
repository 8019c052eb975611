/** Which flows bring which (S4-23): record always; handling ends in prevention; disclosure brings handling; outside help goes on as disclosure. */
import type { Flow, IncidentType, Matrix, Severity } from "../../api/types";

export const FLOWS: Flow[] = ["record", "prevent", "handle", "disclose", "external-help"];

const BRINGS: Record<Flow, Flow[]> = {
  record: [],
  prevent: ["record"],
  handle: ["record", "prevent"],
  disclose: ["handle", "record", "prevent"],
  "external-help": ["disclose", "handle", "record", "prevent"],
};

/** The picked flows with all they bring, lightest first. */
export function withBrought(picked: Iterable<Flow>): Flow[] {
  const all = new Set<Flow>(["record"]);
  for (const flow of picked) {
    all.add(flow);
    for (const brought of BRINGS[flow]) all.add(brought);
  }
  return FLOWS.filter((flow) => all.has(flow));
}

export function alternativesOf(matrix: Matrix, type: IncidentType, severity: Severity): Flow[] {
  return matrix.cells.find((cell) => cell.type === type && cell.severity === severity)?.alternatives ?? [];
}

/** A flow more, or one less with all that only it brought. */
export function toggled(picked: Flow[], flow: Flow): Flow[] {
  return picked.includes(flow) ? withBrought(picked.filter((each) => each !== flow)) : withBrought([...picked, flow]);
}

/** Flows that stay because another picked one brings them. */
export function broughtBy(picked: Flow[]): Flow[] {
  const own = heads(picked);
  return withBrought(own).filter((flow) => !own.includes(flow));
}

/** At another cell, what is decided goes on (S4-92); where nothing that the cell proposes is decided, its first proposal joins. */
export function carriedOver(decided: Flow[], alternatives: Flow[]): Flow[] {
  const met = alternatives.some((flow) => decided.includes(flow));
  return withBrought([...decided, ...(met ? [] : alternatives.slice(0, 1))]);
}

/** Picked flows that the cell does not propose: they need a reason (S4-18). */
export function outside(picked: Iterable<Flow>, alternatives: Flow[]): Flow[] {
  const proposed = new Set(withBrought(alternatives));
  return withBrought(picked).filter((flow) => !proposed.has(flow));
}

/** The heaviest flows of a set: those that no other of the set brings. What the matrix shows in a cell. */
export function heads(flows: Flow[]): Flow[] {
  const brought = new Set(flows.flatMap((flow) => BRINGS[flow]));
  return flows.filter((flow) => !brought.has(flow));
}
