/** Where the processes stand: parents left and children right, or parents above where that fits the room better. Folded branches count what they hide. */
import { hierarchy, tree } from "d3-hierarchy";
import type { TreeNode } from "../../api/types";

export const BOX = { width: 176, height: 38, column: 206, row: 48 } as const;
/** Distances between the boxes' corners, parents above. */
const DOWN = { level: 62, sibling: 190 } as const;

export type Direction = "right" | "down";

export interface Placed {
  node: TreeNode;
  x: number;
  y: number;
  level: number;
  children: number;
  hidden: number;
  parent: string | null;
}

export interface Layout {
  direction: Direction;
  placed: Placed[];
  links: { from: Placed; to: Placed; ghost: boolean }[];
  width: number;
  height: number;
}

interface Branch {
  node: TreeNode | null;
  branches: Branch[];
  hidden: number;
}

/** The direction that needs the least shrinking; reading from left to right where both fit. */
export function fitting(nodes: TreeNode[], folded: ReadonlySet<string>, room: { width: number; height: number }): Layout {
  const right = layout(nodes, folded, "right");
  const down = layout(nodes, folded, "down");
  const scale = ({ width, height }: Layout) => Math.min(1, room.width / width, room.height / height);
  return scale(down) > scale(right) ? down : right;
}

export function layout(nodes: TreeNode[], folded: ReadonlySet<string>, direction: Direction = "right"): Layout {
  const root = branches(nodes, folded);
  const [across, along] = direction === "right" ? [BOX.row, BOX.column] : [DOWN.sibling, DOWN.level];
  const laid = tree<Branch>().nodeSize([across, along]).separation(() => 1)(hierarchy(root, (branch) => branch.branches));
  const points = laid.descendants().filter((point) => point.data.node !== null);
  const first = Math.min(...points.map((point) => point.x));
  const placed = points.map((point): Placed => {
    const node = point.data.node as TreeNode;
    return {
      node,
      x: direction === "right" ? point.y - along : point.x - first,
      y: direction === "right" ? point.x - first : point.y - along,
      level: point.depth,
      children: point.data.branches.length + point.data.hidden,
      hidden: point.data.hidden,
      parent: point.parent?.data.node?.id ?? null,
    };
  });
  const byId = new Map(placed.map((each) => [each.node.id, each]));
  const links = placed.flatMap((to) => {
    const from = to.parent === null ? undefined : byId.get(to.parent);
    return from === undefined ? [] : [{ from, to, ghost: from.node.ghost || to.node.ghost }];
  });
  const width = Math.max(0, ...placed.map(({ x }) => x + BOX.width));
  const height = Math.max(0, ...placed.map(({ y }) => y + BOX.height));
  return { direction, placed, links, width, height };
}

/** A parent that is not in the tree, or that would close a circle, makes a root. */
function branches(nodes: TreeNode[], folded: ReadonlySet<string>): Branch {
  const known = new Set(nodes.map(({ id }) => id));
  const children = new Map<string | null, TreeNode[]>();
  for (const node of nodes) {
    const parent = node.parent !== null && known.has(node.parent) && node.parent !== node.id ? node.parent : null;
    children.set(parent, [...(children.get(parent) ?? []), node]);
  }
  const seen = new Set<string>();
  const grow = (node: TreeNode): Branch => {
    seen.add(node.id);
    const inner = (children.get(node.id) ?? []).filter(({ id }) => !seen.has(id)).map(grow);
    return folded.has(node.id) ? { node, branches: [], hidden: inner.reduce((sum, branch) => sum + size(branch), 0) } : { node, branches: inner, hidden: 0 };
  };
  const roots = (children.get(null) ?? []).map(grow);
  const lost = nodes.filter(({ id }) => !seen.has(id));
  return { node: null, branches: [...roots, ...lost.flatMap((node) => (seen.has(node.id) ? [] : [grow(node)]))], hidden: 0 };
}

function size(branch: Branch): number {
  return 1 + branch.hidden + branch.branches.reduce((sum, inner) => sum + size(inner), 0);
}
