import { describe, expect, test } from "vitest";
import type { EventRef, Triage } from "../../api/types";
import { marks, readSelection, writeSelection } from "./selection";

const event = (uid: string): EventRef => ({ uid, channel: "c", record_id: null, time: "2026-11-20T18:00:00Z" });
const triage = {
  findings: [
    { id: "E19", family: "parent", points: 35, reason: "", events: [event("a")] },
    { id: "E30", family: "network", points: 30, reason: "", events: [event("b")] },
  ],
  tree: { omitted: 0, nodes: [{ id: "n.1", findings: ["E19"], event: event("a") }, { id: "n2", findings: ["E30"], event: event("z") }] },
  sections: [{ kind: "network", items: [{ node: "n2", findings: ["E30"], events: [event("b")] }, { node: "n2", findings: [], events: [event("q")] }] }],
} as unknown as Triage;

describe("one selection marks all that stands for the same events", () => {
  test("a reason marks its nodes and rows", () => {
    const found = marks(triage, { kind: "finding", id: "E30" });
    expect([[...found.findings], [...found.nodes], [...found.items]]).toEqual([["E30"], ["n2"], ["network:0"]]);
  });

  test("a node marks its reasons and rows", () => {
    const found = marks(triage, { kind: "node", id: "n2" });
    expect([[...found.findings], [...found.nodes], [...found.items]]).toEqual([["E30"], ["n2"], ["network:0", "network:1"]]);
  });

  test("a row marks its node and reasons", () => {
    const found = marks(triage, { kind: "item", section: "network", index: 0 });
    expect([[...found.findings], [...found.nodes], [...found.items]]).toEqual([["E30"], ["n2"], ["network:0"]]);
  });

  test("it is written to the address and read back; what is gone counts as none", () => {
    for (const selection of [{ kind: "node", id: "n.1" } as const, { kind: "item", section: "network", index: 1 } as const]) {
      expect(readSelection(writeSelection(selection), triage)).toEqual(selection);
    }
    expect(readSelection("finding.E99", triage)).toBeNull();
    expect(readSelection("item.network.7", triage)).toBeNull();
  });
});
