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
