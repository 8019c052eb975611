import { Button } from "@mantine/core";
import type { CasePage } from "../../api/types";
import { useText } from "../../i18n/language";
import { Time } from "../../parts/Time";
import { Classified, Flows } from "../cases/Classified";
import type { Choice } from "./Classification";
import styles from "./Classification.module.css";

/** Two people judged at once: both versions side by side. `page` has been read again by now. */
export function Conflict(props: { page: CasePage; mine: Choice; reason: string; takeTheirs: () => void; takeMine: () => void }) {
  const t = useText();
  const theirs = props.page.decision;
  return (
    <section role="alert" className={styles.conflict}>
      <h2>{t.incident.conflict}</h2>
      <p>{t.parts.staleNext}</p>
      <div className={styles.both}>
        <div>
          <h3>{t.parts.theirs}</h3>
          {theirs !== null && (
            <>
              <p>
                <Classified of={{ ...theirs, proposed: null }} long />
              </p>
              <p>
                <Flows flows={theirs.flows} />
              </p>
              <p>{theirs.reason}</p>
              <p className={styles.dim}>
                {t.incident.decidedBy(theirs.by.name)} <Time at={theirs.at} />
              </p>
            </>
          )}
          <Button size="xs" variant="default" onClick={props.takeTheirs}>
            {t.parts.takeTheirs}
          </Button>
        </div>
        <div>
          <h3>{t.parts.mine}</h3>
          <p>
            <Classified of={{ ...props.mine, proposed: null }} long />
          </p>
          <p>
            <Flows flows={props.mine.flows} />
          </p>
          <p>{props.reason}</p>
          <Button size="xs" onClick={props.takeMine}>
            {t.parts.takeMine}
          </Button>
        </div>
      </div>
    </section>
  );
}
