import { Link } from "@tanstack/react-router";
import { useRef } from "react";
import type { AlertRow, CasePage } from "../../api/types";
import { useText } from "../../i18n/language";
import { useStepKeys } from "../../keys/useKeys";
import { VerdictChip } from "../../parts/Chips";
import { Comments } from "../../parts/Comments";
import { History } from "../../parts/History";
import { Time } from "../../parts/Time";
import { Due } from "../alerts/columns";
import { Classified, Flows } from "../cases/Classified";
import styles from "./CasePage.module.css";
import { useCaseAct } from "./queries";

export function Overview(props: { page: CasePage; past?: boolean }) {
  const { page } = props;
  const comment = useCaseAct<{ text: string }>(page.case.id, "comments");
  return (
    <div className={styles.columns}>
      <div className={styles.column}>
        <Judged page={page} />
        <Alerts alerts={page.alerts} />
      </div>
      <div className={styles.column}>
        <Comments about={`case.${page.case.id}`} comments={page.comments} send={props.past === true ? undefined : (text) => comment.mutateAsync({ text })} />
        <History entries={page.history} />
      </div>
    </div>
  );
}

/** What was decided, by whom and why; beside it what was proposed. */
function Judged(props: { page: CasePage }) {
  const t = useText();
  const { decision, proposal } = props.page;
  return (
    <section className={styles.box} aria-labelledby="judged">
      {decision !== null && (
        <>
          <h2 id="judged">{t.incident.decision}</h2>
          <p className={styles.line}>
            <Classified of={{ ...decision, proposed: null }} long /> <Flows flows={decision.flows} explained />
          </p>
          <p className={styles.reason}>{decision.reason}</p>
          <p className={styles.dim}>
            {t.incident.decidedBy(decision.by.name)} <Time at={decision.at} />
          </p>
        </>
      )}
      <h2 id={decision === null ? "judged" : undefined}>{t.incident.proposal}</h2>
      {proposal === null ? (
        <p className={styles.dim}>{t.incident.noProposal}</p>
      ) : (
        <>
          <p className={styles.line}>
            <Classified of={{ type: null, severity: null, proposed: proposal }} long /> <Flows flows={proposal.flows} explained />
          </p>
          <ul>
            {proposal.reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function Alerts(props: { alerts: AlertRow[] }) {
  const t = useText();
  const list = useRef<HTMLElement>(null);
  useStepKeys(list, "tbody a");
  const head = t.alerts.columns;
  return (
    <section ref={list} className={styles.box} aria-labelledby="alerts">
      <h2 id="alerts">{t.incident.alertsOf}</h2>
      {props.alerts.length === 0 ? (
        <p className={styles.dim}>{t.incident.noAlerts}</p>
      ) : (
        <div className={styles.scroll}>
          <table>
            <thead>
              <tr>
                <th scope="col">{head.verdict}</th>
                <th scope="col">{head.name}</th>
                <th scope="col">{head.host}</th>
                <th scope="col">{head.received}</th>
                <th scope="col">{head.due}</th>
              </tr>
            </thead>
            <tbody>
              {props.alerts.map((row) => (
                <tr key={row.id}>
                  <td>
                    <VerdictChip verdict={row.verdict} score={row.score} />
                  </td>
                  <td className={styles.name}>
                    <Link to="/alerts/$id" params={{ id: row.id }}>
                      {row.name}
                    </Link>
                  </td>
                  <td>{row.host}</td>
                  <td>
                    <Time at={row.received_at} form="short" />
                  </td>
                  <td>
                    <Due row={row} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
