/** The process tree: zoom, fold, ghosts dashed. A tree for the keyboard and for screen readers too. */
import { ActionIcon } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { Maximize, ZoomIn, ZoomOut } from "lucide-react";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import type { TreeNode } from "../../api/types";
import { Term } from "../../glossary/Term";
import { useText } from "../../i18n/language";
import { NodeBox } from "./NodeBox";
import { NodeDetail } from "./NodeDetail";
import styles from "./ProcessTree.module.css";
import { fileName, type Shared } from "./shared";
import { BOX, fitting, type Layout, type Placed } from "./tree-layout";

const PAD = 12;
/** What the canvas may take before it scrolls. */
const HEIGHT = 540;

export function ProcessTree(props: Shared) {
  const t = useText();
  const { nodes, omitted } = props.triage.tree;
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const [zoom, setZoom] = useState<number | null>(null);
  const { ref, width } = useElementSize();
  const laid = useMemo(() => fitting(nodes, folded, { width: Math.max(width, 200), height: HEIGHT }), [nodes, folded, width]);
  const fit = width === 0 ? 1 : Math.min(1, Math.max(0.72, width / (laid.width + 2 * PAD)));
  const scale = zoom ?? fit;
  const selected = props.selection?.kind === "node" ? nodes.find(({ id }) => props.selection?.kind === "node" && id === props.selection.id) : undefined;
  const fold = (id: string) => setFolded((before) => toggled(before, id));
  return (
    <section className={styles.panel} aria-labelledby="tree">
      <div className={styles.head}>
        <h2 id="tree">
          <Term name="process_tree">{t.alert.tree}</Term>
        </h2>
        <span className={styles.tools}>
          <Tool label={t.alert.treeZoomOut} act={() => setZoom(Math.max(0.4, scale - 0.15))} icon={<ZoomOut size={16} aria-hidden />} />
          <Tool label={t.alert.treeZoomIn} act={() => setZoom(Math.min(2, scale + 0.15))} icon={<ZoomIn size={16} aria-hidden />} />
          <Tool label={t.alert.treeFit} act={() => setZoom(null)} icon={<Maximize size={16} aria-hidden />} />
        </span>
      </div>
      {nodes.length === 0 ? (
        <p className={styles.note}>{t.alert.treeEmpty}</p>
      ) : (
        <div ref={ref} className={styles.canvas}>
          <Picture {...props} laid={laid} scale={scale} folded={folded} fold={fold} />
        </div>
      )}
      {omitted > 0 && <p className={styles.note}>{t.alert.treeOmitted(omitted)}</p>}
      <p className="only-read">{t.alert.treeHelp}</p>
      {selected !== undefined && <NodeDetail node={selected} close={() => props.select(null)} />}
    </section>
  );
}

function Tool(props: { label: string; act: () => void; icon: React.ReactNode }) {
  return (
    <ActionIcon variant="subtle" size="sm" aria-label={props.label} title={props.label} onClick={props.act}>
      {props.icon}
    </ActionIcon>
  );
}

interface Pictured extends Shared {
  laid: Layout;
  scale: number;
  folded: ReadonlySet<string>;
  fold: (id: string) => void;
}

function Picture(props: Pictured) {
  const t = useText();
  const { laid, scale, marked, selection } = props;
  const picture = useRef<SVGSVGElement>(null);
  const [current, setCurrent] = useState<string | null>(null);
  const entry = current ?? laid.placed.find(({ node }) => node.subject)?.node.id ?? laid.placed[0]?.node.id;
  const focus = (id: string) => {
    setCurrent(id);
    picture.current?.querySelector<SVGGElement>(`[data-node="${CSS.escape(id)}"]`)?.focus();
  };
  const onKey = (event: KeyboardEvent, placed: Placed) => {
    if (event.key === "Enter") props.select({ kind: "node", id: placed.node.id });
    else if (event.key === " ") props.fold(placed.node.id);
    else {
      const next = neighbour(laid, placed, event.key);
      if (next === null) return;
      focus(next);
    }
    event.preventDefault();
  };
  const width = laid.width + 2 * PAD;
  const height = laid.height + 2 * PAD;
  return (
    <svg ref={picture} role="tree" aria-label={t.alert.tree} width={width * scale} height={height * scale} viewBox={`${-PAD} ${-PAD} ${width} ${height}`} className={styles.picture}>
      <g role="presentation">
        {laid.links.map(({ from, to, ghost }) => (
          <path key={to.node.id} d={bend(laid, from, to)} className={styles.link} data-ghost={ghost} />
        ))}
      </g>
      {laid.placed.map((placed) => (
        <NodeBox
          key={placed.node.id}
          placed={placed}
          direction={laid.direction}
          marked={marked.nodes.has(placed.node.id)}
          selected={selection?.kind === "node" && selection.id === placed.node.id}
          folded={props.folded.has(placed.node.id)}
          tabbable={placed.node.id === entry}
          select={() => props.select({ kind: "node", id: placed.node.id })}
          fold={() => props.fold(placed.node.id)}
          onKey={(event) => onKey(event, placed)}
        />
      ))}
    </svg>
  );
}

function bend(laid: Layout, from: Placed, to: Placed): string {
  if (laid.direction === "down") {
    const [x1, y1, x2] = [from.x + BOX.width / 2, from.y + BOX.height, to.x + BOX.width / 2];
    const middle = (y1 + to.y) / 2;
    return `M${x1} ${y1}C${x1} ${middle} ${x2} ${middle} ${x2} ${to.y}`;
  }
  const x1 = from.x + BOX.width;
  const y1 = from.y + BOX.height / 2;
  const y2 = to.y + BOX.height / 2;
  const middle = (x1 + to.x) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${to.x} ${y2}`;
}

function neighbour(laid: Layout, placed: Placed, key: string): string | null {
  const right = laid.direction === "right";
  const rows = [...laid.placed].sort((a, b) => (right ? a.y - b.y || a.x - b.x : a.x - b.x || a.y - b.y));
  const index = rows.indexOf(placed);
  if (key === (right ? "ArrowDown" : "ArrowRight")) return rows[index + 1]?.node.id ?? null;
  if (key === (right ? "ArrowUp" : "ArrowLeft")) return rows[index - 1]?.node.id ?? null;
  if (key === (right ? "ArrowLeft" : "ArrowUp")) return placed.parent;
  if (key === (right ? "ArrowRight" : "ArrowDown")) return laid.links.find(({ from }) => from === placed)?.to.node.id ?? null;
  return null;
}

function toggled(set: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(id)) next.add(id);
  return next;
}

export function nodeName(node: TreeNode): string {
  return fileName(node.image) ?? (node.pid === null ? "?" : `PID ${node.pid}`);
}
