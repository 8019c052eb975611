import { CloseButton } from "@mantine/core";
import type { TreeNode } from "../../api/types";
import { useText } from "../../i18n/language";
import { Value } from "../../indicator/Value";
import { Time } from "../../parts/Time";
import { nodeName } from "./ProcessTree";
import styles from "./ProcessTree.module.css";

/** The selected process in full, each value with what can be done to it. */
export function NodeDetail(props: { node: TreeNode; close: () => void }) {
  const t = useText();
  const { node } = props;
  return (
    <div className={styles.detail} aria-live="polite">
      <div className={styles.detailHead}>
        <h3>
          {nodeName(node)} {node.ghost && `(${t.alert.ghost[node.origin]})`}
        </h3>
        <CloseButton size="sm" aria-label={t.alert.clearSelection} onClick={props.close} />
      </div>
      <dl>
        {node.image !== null && (
          <Row name={t.alert.details["path"] ?? ""}>
            <Value name="image" value={node.image} />
          </Row>
        )}
        {node.command_line !== null && (
          <Row name={t.alert.nodeCommand}>
            <Value name="command_line" value={node.command_line} />
          </Row>
        )}
        {node.sha256 !== null && (
          <Row name="SHA-256">
            <Value name="sha256" value={node.sha256} />
          </Row>
        )}
        {node.pid !== null && <Row name={t.alert.nodePid}>{node.pid}</Row>}
        {node.user !== null && <Row name={t.alert.nodeUser}>{node.user}</Row>}
        {node.started_at !== null && (
          <Row name={t.alert.nodeStarted}>
            <Time at={node.started_at} /> {node.after_detection && `(${t.alert.afterDetection})`}
          </Row>
        )}
        {node.ended_at !== null && (
          <Row name={t.alert.nodeEnded}>
            <Time at={node.ended_at} />
          </Row>
        )}
        {node.matches.length > 0 && <Row name={t.alert.nodeMatches}>{node.matches.join(" / ")}</Row>}
      </dl>
    </div>
  );
}

function Row(props: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </>
  );
}
