import type { CasePage, Decision } from "../../api/types";
import { useText } from "../../i18n/language";
import { Conflict as BothVersions } from "../../parts/Conflict";
import { Time } from "../../parts/Time";
import { Classified, Flows } from "../cases/Classified";
import type { Choice } from "./Classification";
import styles from "./Classification.module.css";

/** Two people judged at once. `page` has been read again by now. */
export function Conflict(props: { page: CasePage; mine: Choice; reason: string; takeTheirs: () => void; takeMine: () => void }) {
  const t = useText();
  const theirs = props.page.decision;
  return (
    <BothVersions
      title={t.incident.conflict}
      theirs={theirs === null ? null : <Theirs of={theirs} />}
      mine={<Judgement of={props.mine} reason={props.reason} />}
      takeTheirs={props.takeTheirs}
      takeMine={props.takeMine}
    />
  );
}

function Theirs(props: { of: Decision }) {
  const t = useText();
  return (
    <>
      <Judgement of={props.of} reason={props.of.reason} />
      <p className={styles.dim}>
        {t.incident.decidedBy(props.of.by.name)} <Time at={props.of.at} />
      </p>
    </>
  );
}

function Judgement(props: { of: Choice; reason: string }) {
  const { type, severity, flows } = props.of;
  return (
    <>
      <p>
        <Classified of={{ type, severity, proposed: null }} long />
      </p>
      <p>
        <Flows flows={flows} />
      </p>
      <p>{props.reason}</p>
    </>
  );
}
