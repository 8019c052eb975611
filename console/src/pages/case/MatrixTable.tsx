import { useEffect, useRef } from "react";
import type { CasePage, IncidentType, Matrix, Severity } from "../../api/types";
import { Term } from "../../glossary/Term";
import { useText } from "../../i18n/language";
import { SeverityChip } from "../../parts/Chips";
import type { Choice } from "./Classification";
import styles from "./Classification.module.css";

interface Shown {
  matrix: Matrix;
  choice: Choice | null;
  proposal: CasePage["proposal"];
  choose: (type: IncidentType, severity: Severity) => void;
}

/** Severity down, type across; each cell names the flows it proposes. Beside the choice stand the examples of its type and level. */
export function MatrixTable(props: Shown) {
  const t = useText();
  const scroller = useRef<HTMLDivElement>(null);
  // On a narrow screen the table scrolls sideways: what stands chosen at first is brought into view.
  useEffect(() => {
    const cell = scroller.current?.querySelector<HTMLElement>('[aria-pressed="true"]');
    if (scroller.current && cell) scroller.current.scrollLeft = (cell.closest("td")?.offsetLeft ?? 0) - scroller.current.clientWidth / 2;
  }, []);
  return (
    <section aria-labelledby="matrix" className={styles.matrixBox}>
      <h2 id="matrix">
        <Term name="type">{t.incident.matrix.type}</Term>
        {t.incident.matrix.and}
        <Term name="severity">{t.incident.matrix.severity}</Term>
      </h2>
      <p className={styles.dim}>{t.incident.matrixLead}</p>
      <div className={styles.beside}>
        <div ref={scroller} className={styles.scroll}>
          <table className={styles.matrix} aria-label={t.incident.matrixLabel}>
            <thead>
              <tr>
                <th scope="col">{t.incident.severityHead}</th>
                {props.matrix.types.map((type) => (
                  <th key={type.id} scope="col" data-chosen={props.choice?.type === type.id} title={type.definition}>
                    <strong>{type.id}</strong>
                    <span>{type.name}</span>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {props.matrix.severities.map((severity) => (
                <tr key={severity.level}>
                  <th scope="row" data-chosen={props.choice?.severity === severity.level} title={severity.definition}>
                    <SeverityChip severity={severity.level} />
                    <span>{severity.name}</span>
                  </th>
                  {props.matrix.types.map((type) => (
                    <td key={type.id}>
                      <Cell {...props} type={type.id} severity={severity.level} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {props.choice !== null && <Examples matrix={props.matrix} choice={props.choice} />}
      </div>
    </section>
  );
}

function Cell(props: Shown & { type: IncidentType; severity: Severity }) {
  const t = useText();
  const { type, severity, choice, proposal } = props;
  const cell = props.matrix.cells.find((each) => each.type === type && each.severity === severity);
  const alternatives = (cell?.alternatives ?? []).map((flow) => t.words.flow[flow]);
  const chosen = choice?.type === type && choice.severity === severity;
  const proposed = proposal?.type === type && proposal.severity === severity;
  return (
    <button
      type="button"
      className={styles.cell}
      aria-pressed={chosen}
      data-proposed={proposed}
      onClick={() => props.choose(type, severity)}
    >
      <span className="only-read">{t.incident.cell(type, t.words.severityLevel(severity))}</span>
      {alternatives.map((alternative, index) => (
        <span key={alternative}>
          {index > 0 && <small>{t.incident.or} </small>}
          {alternative}
        </span>
      ))}
      {proposed && <em>{t.incident.suggested}</em>}
    </button>
  );
}

function Examples(props: { matrix: Matrix; choice: Choice }) {
  const t = useText();
  const type = props.matrix.types.find(({ id }) => id === props.choice.type);
  const severity = props.matrix.severities.find(({ level }) => level === props.choice.severity);
  return (
    <div className={styles.examples} aria-live="polite">
      {type !== undefined && <Group name={`${type.id} ${type.name}`} definition={type.definition} examples={type.examples} />}
      {severity !== undefined && <Group name={`${t.words.severityLevel(severity.level)} ${severity.name}`} definition={severity.definition} examples={severity.examples} />}
    </div>
  );
}

function Group(props: { name: string; definition: string; examples: string[] }) {
  const t = useText();
  return (
    <section aria-label={t.incident.examplesOf(props.name)}>
      <h3>{props.name}</h3>
      <p>{props.definition}</p>
      <ul>
        {props.examples.map((example) => (
          <li key={example}>{example}</li>
        ))}
      </ul>
    </section>
  );
}
