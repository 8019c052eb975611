import type { KeyboardEvent } from "react";
import { useText } from "../../i18n/language";
import styles from "./ProcessTree.module.css";
import { nodeName } from "./ProcessTree";
import { BOX, type Direction, type Placed } from "./tree-layout";

interface Boxed {
  placed: Placed;
  direction: Direction;
  marked: boolean;
  selected: boolean;
  folded: boolean;
  tabbable: boolean;
  select: () => void;
  fold: () => void;
  onKey: (event: KeyboardEvent) => void;
}

/** One process: name, pid, whether rules matched, whether it is a ghost, and a handle to fold what it started. */
export function NodeBox(props: Boxed) {
  const t = useText();
  const { node, x, y, children, hidden, level } = props.placed;
  const name = nodeName(node);
  const second = [node.pid === null ? null : `${t.alert.nodePid} ${node.pid}`, node.after_detection ? t.alert.afterDetection : null].filter((part) => part !== null).join(" · ");
  const ghost = node.ghost ? t.alert.ghost[node.origin] : null;
  const more = [node.subject ? t.alert.subject : null, ghost, ...node.matches].filter((part) => part !== null);
  return (
    <g transform={`translate(${x} ${y})`}>
      <g
        role="treeitem"
        aria-level={level}
        aria-selected={props.selected}
        {...(more.length > 0 ? { "aria-description": more.join(", ") } : {})}
        {...(children > 0 ? { "aria-expanded": !props.folded } : {})}
        tabIndex={props.tabbable ? 0 : -1}
        data-node={node.id}
        className={styles.node}
        data-ghost={node.ghost}
        data-subject={node.subject}
        data-marked={props.marked}
        data-selected={props.selected}
        data-after={node.after_detection}
        onClick={props.select}
        onKeyDown={props.onKey}
      >
        <rect width={BOX.width} height={BOX.height} rx="5" className={styles.box}>
          <title>{[node.command_line ?? node.image ?? name, ...more].join("\n")}</title>
        </rect>
        <text x="10" y="16" className={styles.name}>
          {short(name, 21)}
        </text>
        <text x="10" y="30" className={styles.second}>
          {second === "" && ghost !== null ? short(ghost, 24) : second}
        </text>
      </g>
      {node.matches.length > 0 && (
        <g transform={`translate(${BOX.width - 24} 8)`} aria-hidden="true" className={styles.badge}>
          <rect width="18" height="14" rx="7" className={styles.matches} />
          <text x="9" y="11" className={styles.matchCount}>
            {node.matches.length}
          </text>
        </g>
      )}
      {children > 0 && <Handle direction={props.direction} folded={props.folded} hidden={hidden} name={name} fold={props.fold} />}
    </g>
  );
}

/** For the mouse; the keyboard folds by Space on the process itself. */
function Handle(props: { direction: Direction; folded: boolean; hidden: number; name: string; fold: () => void }) {
  const t = useText();
  const at = props.direction === "right" ? `translate(${BOX.width} ${BOX.height / 2})` : `translate(${BOX.width / 2} ${BOX.height})`;
  return (
    <g className={styles.handle} aria-hidden="true" transform={at} onClick={props.fold}>
      <title>{props.folded ? t.alert.treeExpand(props.name) : t.alert.treeCollapse(props.name)}</title>
      <circle r="8" />
      <text y="4">{props.folded ? "+" : "−"}</text>
      {props.hidden > 0 && (
        <text x="12" y="4" className={styles.hidden}>
          {t.alert.treeHidden(props.hidden)}
        </text>
      )}
    </g>
  );
}

function short(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 8)}…${text.slice(-7)}`;
}
