/** The first 200 pixels: what this is, how bad, what is next, by when, who. */
import { Link } from "@tanstack/react-router";
import { CornerDownRight } from "lucide-react";
import type { AlertPage, Triage } from "../../api/types";
import { Term } from "../../glossary/Term";
import { useText } from "../../i18n/language";
import { DrillChip, TlpChip, VerdictChip } from "../../parts/Chips";
import { Time } from "../../parts/Time";
import { Due } from "../alerts/columns";
import { Actions } from "./Actions";
import styles from "./Header.module.css";
import { fileName } from "./shared";

export function Header(props: { page: AlertPage }) {
  const t = useText();
  const { alert, triage, override, advice, due_steps, report } = props.page;
  const chain = triage === null ? null : chainOf(triage);
  const next = advice[0];
  return (
    <header className={styles.header}>
      <div className={styles.title}>
        <VerdictChip verdict={alert.verdict} score={alert.score} large explained />
        <div className={styles.names}>
          <h1>{alert.name}</h1>
          {chain !== null && <p className={styles.chain}>{chain}</p>}
        </div>
        <div className={styles.marks}>
          {alert.drill && <DrillChip />}
        </div>
      </div>
      <dl className={styles.facts}>
        <div>
          <dt className="only-read">{t.alerts.columns.host}</dt>
          <dd>
            <Link to="/alerts" search={{ host: alert.host, state: "all" }} className={styles.host}>
              {alert.host}
            </Link>{" "}
            ({alert.org_name})
          </dd>
        </div>
        <Fact name={t.alert.received}>
          <Time at={alert.received_at} />
        </Fact>
        <Fact name={t.alert.detected}>
          <Time at={alert.detected_at} />
        </Fact>
        <Fact name={<Term name="flash_report">{t.alert.report}</Term>}>
          {alert.reported_at === null ? t.alert.reportPending : <Time at={alert.reported_at} form="clock" />} <Due row={alert} why={due_steps} /> {report !== null && <TlpChip tlp={report.tlp} />}
        </Fact>
        <Fact name={<Term name="block_mode">{t.alert.blockMode}</Term>}>
          {t.words.blockMode[alert.block_mode]} — {props.page.execution}
        </Fact>
        <Fact name={t.parts.assignee}>{alert.assignee?.name ?? t.words.nobody}</Fact>
        {alert.repeat_of !== null && (
          <Fact name={<Term name="repeat">{t.words.alertState.repeat}</Term>}>
            <Link to="/alerts/$id" params={{ id: alert.repeat_of }}>
              {t.alert.repeatOf}
            </Link>
          </Fact>
        )}
        {alert.repeats > 0 && <Fact name={t.alerts.columns.repeats}>{alert.repeats}</Fact>}
      </dl>
      {override !== null && (
        <p className={styles.override}>
          {t.alert.overridden(override.by.name)} <Time at={override.at} />: {override.reason} ({t.alert.machine}: <VerdictChip verdict={alert.machine_verdict} />)
        </p>
      )}
      {next !== undefined && (
        <p className={styles.next}>
          <CornerDownRight size={15} aria-hidden /> <strong>{t.alert.advice}</strong> {next}
        </p>
      )}
      <Actions page={props.page} />
    </header>
  );
}

function Fact(props: { name: React.ReactNode; children: React.ReactNode }) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

/** `WINWORD.EXE → powershell.exe → svch0st.exe`: the way to the subject, at most four steps. */
function chainOf(triage: Triage): string | null {
  const byId = new Map(triage.tree.nodes.map((node) => [node.id, node]));
  let node = triage.tree.nodes.find(({ subject }) => subject);
  const names: string[] = [];
  while (node !== undefined && names.length < 4) {
    names.unshift(fileName(node.image) ?? `PID ${node.pid ?? "?"}`);
    node = node.parent === null ? undefined : byId.get(node.parent);
  }
  return names.length > 1 ? names.join(" → ") : (triage.subject.image ?? null);
}
