/** What another judgement means for the flows that are decided: which go on, which come anew, which stand beyond the new cell (S4-92). */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { CasePage, Flow, Reclassification } from "../../api/types";
import { useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/States";
import type { Choice } from "./Classification";
import styles from "./Classification.module.css";
import { broughtBy, FLOWS, toggled } from "./flows";
import { reclassification } from "./queries";

type Standing = keyof Reclassification;

export function FlowChange(props: { page: CasePage; choice: Choice; change: (flows: Flow[]) => void }) {
  const t = useText();
  const { page, choice } = props;
  const { data, error, refetch } = useQuery(reclassification(page.case, choice.type, choice.severity));
  return (
    <section aria-labelledby="change" className={styles.flowBox}>
      <h2 id="change">{t.incident.flowChange.title}</h2>
      <p className={styles.dim}>{t.incident.flowChange.lead}</p>
      {error !== null && <Failure error={error} retry={() => void refetch()} />}
      {data === undefined && error === null && <Loading lines={3} />}
      {data !== undefined && (
        <ul className={styles.flows}>
          {FLOWS.map((flow) => {
            const standing = standingOf(data, flow);
            return standing === null ? null : <Row key={flow} flow={flow} standing={standing} picked={choice.flows} change={props.change} />;
          })}
        </ul>
      )}
    </section>
  );
}

function standingOf(data: Reclassification, flow: Flow): Standing | null {
  return (["kept", "beyond", "proposed"] as const).find((standing) => data[standing].includes(flow)) ?? null;
}

/** A flow, how it stands to the new cell, what becomes of it, and the other choice. What another flow brings has none. */
function Row(props: { flow: Flow; standing: Standing; picked: Flow[]; change: (flows: Flow[]) => void }) {
  const { flow, standing, picked } = props;
  const words = useText().incident.flowChange;
  const name = useText().words.flow[flow];
  const on = picked.includes(flow);
  const decided = standing !== "proposed";
  const fixed = flow === "record" || (on && broughtBy(picked).includes(flow));
  const outcome = decided ? (on ? words.goesOn : words.ends) : on ? words.starts : words.startsNot;
  const other = decided ? (on ? words.end(name) : words.goOn(name)) : on ? words.leave(name) : words.start(name);
  return (
    <li data-lit={decided !== on} data-standing={standing}>
      <div>
        <strong>{name}</strong> <span className={styles.dim}>{words.standing[standing]}</span>
      </div>
      <span>
        <span>{outcome}</span>{" "}
        {!fixed && (
          <Button size="compact-xs" variant="default" onClick={() => props.change(toggled(picked, flow))}>
            {other}
          </Button>
        )}
      </span>
    </li>
  );
}
