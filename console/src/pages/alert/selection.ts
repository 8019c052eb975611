/** A reason, a node, a bar and a row are the same events: selecting one marks the others. The selection stands in the address. */
import type { SectionKind, Triage } from "../../api/types";

export type Selection = { kind: "finding"; id: string } | { kind: "node"; id: string } | { kind: "item"; section: SectionKind; index: number };

export interface Marks {
  findings: Set<string>;
  nodes: Set<string>;
  /** `network:3` */
  items: Set<string>;
}

export const itemKey = (section: SectionKind, index: number) => `${section}:${index}`;

export function writeSelection(selection: Selection | null): string | undefined {
  if (selection === null) return undefined;
  return selection.kind === "item" ? `item.${selection.section}.${selection.index}` : `${selection.kind}.${selection.id}`;
}

export function readSelection(text: string | undefined, triage: Triage): Selection | null {
  if (text === undefined) return null;
  const [kind, ...rest] = text.split(".");
  const id = rest.join(".");
  if (kind === "finding") return triage.findings.some((finding) => finding.id === id) ? { kind, id } : null;
  if (kind === "node") return triage.tree.nodes.some((node) => node.id === id) ? { kind, id } : null;
  const section = triage.sections.find((candidate) => candidate.kind === rest[0]);
  const index = Number(rest[1]);
  return kind === "item" && section?.items[index] !== undefined ? { kind, section: section.kind, index } : null;
}

/** Everything that stands for the same events as the selection, itself included. */
export function marks(triage: Triage, selection: Selection | null): Marks {
  const found: Marks = { findings: new Set(), nodes: new Set(), items: new Set() };
  if (selection === null) return found;
  const seed = seedOf(triage, selection);
  for (const { id, events } of triage.findings) {
    if (seed.findings.has(id) || events.some(({ uid }) => seed.events.has(uid))) found.findings.add(id);
  }
  for (const node of triage.tree.nodes) {
    const byEvent = node.event !== null && seed.events.has(node.event.uid);
    if (seed.nodes.has(node.id) || byEvent || (selection.kind === "finding" && node.findings.includes(selection.id))) found.nodes.add(node.id);
  }
  for (const section of triage.sections) {
    section.items.forEach((item, index) => {
      const byEvent = item.events.some(({ uid }) => seed.events.has(uid));
      const byFinding = selection.kind === "finding" && item.findings.includes(selection.id);
      const byNode = selection.kind === "node" && item.node === selection.id;
      if (byEvent || byFinding || byNode) found.items.add(itemKey(section.kind, index));
    });
  }
  if (selection.kind === "item") found.items.add(itemKey(selection.section, selection.index));
  return found;
}

interface Seed {
  events: Set<string>;
  findings: Set<string>;
  nodes: Set<string>;
}

/** What the selection names directly. */
function seedOf(triage: Triage, selection: Selection): Seed {
  if (selection.kind === "finding") {
    const finding = triage.findings.find(({ id }) => id === selection.id);
    return { events: uids(finding?.events), findings: new Set([selection.id]), nodes: new Set() };
  }
  if (selection.kind === "node") {
    const node = triage.tree.nodes.find(({ id }) => id === selection.id);
    return { events: uids(node?.event ? [node.event] : []), findings: new Set(node?.findings), nodes: new Set([selection.id]) };
  }
  const item = triage.sections.find(({ kind }) => kind === selection.section)?.items[selection.index];
  return { events: uids(item?.events), findings: new Set(item?.findings), nodes: new Set(item?.node ? [item.node] : []) };
}

function uids(events: { uid: string }[] | undefined): Set<string> {
  return new Set(events?.map(({ uid }) => uid));
}
