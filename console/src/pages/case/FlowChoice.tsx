import { Button, Checkbox } from "@mantine/core";
import type { Flow, Matrix } from "../../api/types";
import { Term } from "../../glossary/Term";
import { useText } from "../../i18n/language";
import type { Choice } from "./Classification";
import styles from "./Classification.module.css";
import { broughtBy, FLOWS, toggled, withBrought } from "./flows";

interface Chosen {
  matrix: Matrix;
  choice: Choice;
  alternatives: Flow[];
  change: (flows: Flow[]) => void;
}

/** The proposed sets as one click each, and the five flows to add or take away. What a flow brings cannot be taken away alone. */
export function FlowChoice(props: Chosen) {
  const t = useText();
  const { choice, alternatives } = props;
  const proposed = new Set(withBrought(alternatives));
  const picked = new Set(choice.flows);
  const kept = new Set(broughtBy(choice.flows));
  return (
    <section aria-labelledby="flows" className={styles.flowBox}>
      <h2 id="flows">
        <Term name="flow">{t.incident.flowsTitle}</Term>
      </h2>
      <p className={styles.dim}>{t.incident.flowsLead}</p>
      <div className={styles.alternatives} role="group" aria-label={t.incident.alternatives}>
        {alternatives.map((flow, index) => (
          <Button key={flow} size="xs" variant="default" aria-pressed={same(withBrought([flow]), choice.flows)} onClick={() => props.change(withBrought([flow]))}>
            {t.incident.alternative(index + 1)}: {t.words.flow[flow]}
          </Button>
        ))}
      </div>
      <ul className={styles.flows}>
        {FLOWS.map((flow) => {
          const note = flow === "record" ? t.incident.always : kept.has(flow) ? t.incident.brings : proposed.has(flow) ? t.incident.suggested : "";
          return (
            <li key={flow} data-lit={proposed.has(flow)}>
              <Checkbox
                label={t.words.flow[flow]}
                description={props.matrix.flows.find(({ id }) => id === flow)?.description}
                checked={picked.has(flow) || kept.has(flow)}
                disabled={flow === "record" || kept.has(flow)}
                onChange={() => props.change(toggled(choice.flows, flow))}
              />
              <span className={styles.dim}>{note}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function same(a: Flow[], b: Flow[]): boolean {
  return a.length === b.length && a.every((flow) => b.includes(flow));
}
