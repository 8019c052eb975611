/** Empty, loading: designed, never a blank or a spinner over content. */
import type { ReactNode } from "react";
import { useText } from "../i18n/language";
import styles from "./States.module.css";

export function Empty(props: { title: string; children?: ReactNode; command?: string }) {
  return (
    <div className={styles.empty}>
      <p className={styles.title}>{props.title}</p>
      {props.children !== undefined && <div>{props.children}</div>}
      {props.command !== undefined && <code className={styles.command}>{props.command}</code>}
    </div>
  );
}

/** Grey lines where the content will stand. */
export function Loading(props: { lines?: number }) {
  const t = useText();
  return (
    <div className={styles.loading} role="status">
      <span className="only-read">{t.parts.loading}</span>
      {Array.from({ length: props.lines ?? 4 }, (_, index) => (
        <span key={index} className={styles.line} style={{ width: `${[92, 76, 84, 61][index % 4]}%` }} />
      ))}
    </div>
  );
}
