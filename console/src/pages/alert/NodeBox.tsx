import type { KeyboardEvent } from "react";
import { useText } from "../../i18n/language";
import styles from "./ProcessTree.module.css";
import { nodeName } from "./ProcessTree";
import { BOX, type Placed } from "./tree-layout";

interface Boxed {
  placed: Placed;
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
  const label = [name, second, node.subject ? t.alert.subject : null, node.ghost ? t.alert.ghost[node.origin] : null, ...node.matches].filter((part) => part !== null && part !== "").join(", ");
  return (
    <g
      role="treeitem"
      aria-level={level}
      aria-label={label}
      aria-selected={props.selected}
      {...(children > 0 ? { "aria-expanded": !props.folded } : {})}
      tabIndex={props.tabbable ? 0 : -1}
      data-node={node.id}
      transform={`translate(${x} ${y})`}
      className={styles.node}
      data-ghost={node.ghost}
      data-subject={node.subject}
      data-marked={props.marked}
      data-selected={props.selected}
      data-after={node.after_detection}
      onClick={props.select}
      onKeyDown={props.onKey}
    >
      <title>{[node.command_line ?? node.image ?? name, node.ghost ? t.alert.ghost[node.origin] : null, ...node.matches].filter((part) => part !== null).join("\n")}</title>
      <rect width={BOX.width} height={BOX.height} rx="5" className={styles.box} />
      <text x="10" y="16" className={styles.name}>
        {short(name, 21)}
      </text>
      <text x="10" y="30" className={styles.second}>
        {second === "" && node.ghost ? short(t.alert.ghost[node.origin], 24) : second}
      </text>
      {node.matches.length > 0 && (
        <g transform={`translate(${BOX.width - 24} 8)`}>
          <rect width="18" height="14" rx="7" className={styles.matches} />
          <text x="9" y="11" className={styles.matchCount}>
            {node.matches.length}
          </text>
        </g>
      )}
      {children > 0 && (
        <g
          className={styles.handle}
          transform={`translate(${BOX.width} ${BOX.height / 2})`}
          onClick={(event) => {
            event.stopPropagation();
            props.fold();
          }}
        >
          <title>{props.folded ? t.alert.treeExpand(name) : t.alert.treeCollapse(name)}</title>
          <circle r="8" />
          <text y="4">{props.folded ? "+" : "−"}</text>
          {hidden > 0 && (
            <text x="12" y="4" className={styles.hidden}>
              {t.alert.treeHidden(hidden)}
            </text>
          )}
        </g>
      )}
    </g>
  );
}

function short(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 8)}…${text.slice(-7)}`;
}
