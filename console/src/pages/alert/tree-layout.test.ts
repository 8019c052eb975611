import { describe, expect, test } from "vitest";
import type { TreeNode } from "../../api/types";
import { fitting, layout } from "./tree-layout";

const node = (id: string, parent: string | null, ghost = false) => ({ id, parent, ghost }) as TreeNode;

describe("the process tree", () => {
  test("children stand right of their parent, siblings below each other", () => {
    const { placed, links } = layout([node("a", null, true), node("b", "a"), node("c", "a")], new Set());
    const [a, b, c] = placed;
    expect([a?.x, b?.x, c?.x]).toEqual([0, 206, 206]);
    expect((b?.y ?? 0) < (c?.y ?? 0)).toBe(true);
    expect(links.map(({ ghost }) => ghost)).toEqual([true, true]);
  });

  test("a folded branch says how many it hides", () => {
    const { placed } = layout([node("a", null), node("b", "a"), node("c", "b")], new Set(["a"]));
    expect(placed.map((each) => [each.node.id, each.hidden])).toEqual([["a", 2]]);
  });

  test("unknown parents and circles lose no process", () => {
    const { placed } = layout([node("a", "gone"), node("b", "c"), node("c", "b"), node("d", "d")], new Set());
    expect(placed.map((each) => each.node.id).sort()).toEqual(["a", "b", "c", "d"]);
  });

  test("a deep chain in a narrow room goes down", () => {
    const chain = "abcdefgh".split("").map((id, index, all) => node(id, all[index - 1] ?? null));
    expect(fitting(chain, new Set(), { width: 700, height: 520 }).direction).toBe("down");
    expect(fitting(chain.slice(0, 3), new Set(), { width: 700, height: 520 }).direction).toBe("right");
  });

  test("no process at all", () => {
    expect(layout([], new Set())).toEqual({ direction: "right", placed: [], links: [], width: 0, height: 0 });
  });
});
