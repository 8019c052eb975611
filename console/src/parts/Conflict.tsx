import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { useText } from "../i18n/language";
import styles from "./Conflict.module.css";

/** Two people changed the same thing: both versions side by side, and the choice between them. */
export function Conflict(props: { title?: string; theirs: ReactNode; mine: ReactNode; takeTheirs: () => void; takeMine: () => void }) {
  const t = useText();
  return (
    <section role="alert" className={styles.conflict}>
      <h2>{props.title ?? t.parts.stale}</h2>
      <p>{t.parts.staleNext}</p>
      <div className={styles.both}>
        <div>
          <h3>{t.parts.theirs}</h3>
          {props.theirs}
          <Button size="xs" variant="default" onClick={props.takeTheirs}>
            {t.parts.takeTheirs}
          </Button>
        </div>
        <div>
          <h3>{t.parts.mine}</h3>
          {props.mine}
          <Button size="xs" onClick={props.takeMine}>
            {t.parts.takeMine}
          </Button>
        </div>
      </div>
    </section>
  );
}
