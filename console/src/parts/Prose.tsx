/** A sentence in which `commands` stand between backticks: they are set as code and break at no hyphen. */
import styles from "./Prose.module.css";

export function Prose(props: { children: string }) {
  return props.children.split("`").map((part, index) =>
    index % 2 === 0 ? (
      part
    ) : (
      <code key={index} className={styles.code}>
        {part}
      </code>
    ),
  );
}
