import type { CaseRow, Flow } from "../../api/types";
import { Term } from "../../glossary/Term";
import { useText } from "../../i18n/language";
import { SeverityChip } from "../../parts/Chips";
import styles from "./CasesPage.module.css";

/** Type × severity: the decided ones, else the proposed ones marked as such. */
export function Classified(props: { of: Pick<CaseRow, "type" | "severity" | "proposed">; long?: boolean }) {
  const t = useText();
  const { type, severity, proposed } = props.of;
  const shownType = type ?? proposed?.type ?? null;
  const shownSeverity = severity ?? proposed?.severity ?? null;
  if (shownType === null || shownSeverity === null) return null;
  return (
    <span className={styles.classified} data-proposed={type === null}>
      <span title={t.words.incidentType[shownType]}>
        {shownType}
        {props.long && ` ${t.words.incidentType[shownType]}`}
      </span>
      <SeverityChip severity={shownSeverity} long={props.long ?? false} />
      {type === null && <span className={styles.proposed}>{t.cases.proposed}</span>}
    </span>
  );
}

export function Flows(props: { flows: Flow[]; explained?: boolean }) {
  const t = useText();
  const chip = (flow: Flow) => (
    <span key={flow} className={styles.flow}>
      {t.words.flow[flow]}
    </span>
  );
  const explained = (flow: Flow) => (
    <Term key={flow} name={flow} plain>
      {chip(flow)}
    </Term>
  );
  return <span className={styles.flows}>{props.flows.map(props.explained ? explained : chip)}</span>;
}
