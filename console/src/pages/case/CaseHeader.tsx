import { Button } from "@mantine/core";
import { CornerDownRight, Gavel } from "lucide-react";
import { useState } from "react";
import { isConflict } from "../../api/guarded";
import type { CasePage, CaseRow, NextDuty } from "../../api/types";
import { Term } from "../../glossary/Term";
import { useText } from "../../i18n/language";
import { AssignMenu } from "../../parts/AssignMenu";
import { CopyButton } from "../../parts/CopyButton";
import { DrillChip, VerdictChip } from "../../parts/Chips";
import { DueClock } from "../../parts/DueClock";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { Time } from "../../parts/Time";
import { say } from "../../parts/toast";
import { Classified, Flows } from "../cases/Classified";
import styles from "./CasePage.module.css";
import { useGuardedCaseAct } from "./queries";

/** What it is, how bad, what is next and by when, who. */
export function CaseHeader(props: { page: CasePage; judge?: () => void; past?: boolean }) {
  const t = useText();
  const { page } = props;
  const { case: of } = page;
  const assign = useGuardedCaseAct<{ person: string | null }>(of, "assign", (fresh) => fresh.assignee?.id === of.assignee?.id);
  const [closing, setClosing] = useState(false);
  const judged = page.decision !== null;
  return (
    <header className={styles.header}>
      <div className={styles.title}>
        <h1>{of.title}</h1>
        <span className={styles.state} data-state={of.state}>
          <Term name={of.state}>{t.words.caseState[of.state]}</Term>
        </span>
        {of.drill && <DrillChip />}
      </div>
      <div className={styles.line}>
        <button type="button" className={styles.class} onClick={props.judge} disabled={props.judge === undefined}>
          <Classified of={of} long />
        </button>
        <VerdictChip verdict={of.verdict} explained />
        {judged ? <Flows flows={of.flows} explained /> : of.state !== "closed" && <strong className={styles.wait}>{t.incident.notJudged}</strong>}
      </div>
      {page.harm !== null && (
        <p className={styles.harm}>
          <strong>{page.harm.judged ? t.incident.harm : t.incident.harmPossible}</strong> {page.harm.text}
        </p>
      )}
      {page.next_duty !== null && <Next duty={page.next_duty} />}
      <dl className={styles.facts}>
        <Fact name={t.cases.columns.reference}>
          {of.reference} <CopyButton value={of.reference} label={t.parts.copyReference} />
        </Fact>
        <Fact name={t.incident.opened}>
          <Time at={of.opened_at} />
        </Fact>
        <Fact name={t.incident.hosts}>{of.hosts.join(", ")}</Fact>
        <Fact name={t.parts.assignee}>{of.assignee?.name ?? t.words.nobody}</Fact>
        <Fact name={t.cases.columns.org}>{of.org_name}</Fact>
      </dl>
      {of.closed !== null && (
        <p className={styles.dim}>
          {t.incident.closedBy(of.closed.by.name)} <Time at={of.closed.at} />: {of.closed.reason}
        </p>
      )}
      <Phases page={page} />
      {props.past !== true && (
      <div className={styles.actions}>
        {of.state !== "closed" && (
          <Button size="xs" variant={judged ? "default" : "filled"} leftSection={<Gavel size={15} aria-hidden />} onClick={props.judge}>
            {judged ? t.incident.change : t.incident.judge}
          </Button>
        )}
        <AssignMenu
          assignee={of.assignee}
          assign={async (person) => {
            await assign.mutateAsync({ person });
            say(t.incident.assigned);
          }}
        />
        {of.state === "handling" && (
          <Button size="xs" variant="default" onClick={() => setClosing(true)}>
            {t.incident.close}
          </Button>
        )}
      </div>
      )}
      {closing && <CloseDialog page={page} onClose={() => setClosing(false)} />}
    </header>
  );
}

/** How far it has come: the three phases with the instant at which each began. */
function Phases(props: { page: CasePage }) {
  const t = useText();
  const { case: of, decision } = props.page;
  const phases = [
    ["to_judge", of.opened_at],
    ["handling", decision?.at],
    ["closed", of.closed?.at],
  ] as const;
  return (
    <ol className={styles.phases} aria-label={t.incident.phases}>
      {phases.map(([phase, at]) => (
        <li key={phase} aria-current={of.state === phase ? "step" : undefined} data-come={at != null || undefined}>
          <span>{t.words.caseState[phase]}</span> {at != null && <Time at={at} form="short" className={styles.dim} />}
        </li>
      ))}
    </ol>
  );
}

/** What is next, by when, and why that instant. A duty without a clock says so. */
function Next(props: { duty: NextDuty }) {
  const t = useText();
  const { what, clock, due_at, due_steps } = props.duty;
  return (
    <p className={styles.next}>
      <CornerDownRight size={15} aria-hidden /> <strong>{t.incident.next}</strong> <span>{what}</span>
      {due_at === null ? <span className={styles.dim}>{t.incident.noClock}</span> : <DueClock due={due_at} why={due_steps} />}
      {clock !== null && <span className={styles.dim}>{t.incident.clocks[clock] ?? clock}</span>}
    </p>
  );
}

function Fact(props: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

function CloseDialog(props: { page: CasePage; onClose: () => void }) {
  const t = useText();
  const { case: of } = props.page;
  const judged = (row: CaseRow) => JSON.stringify([row.state, row.type, row.severity, row.flows]);
  const close = useGuardedCaseAct<{ reason: string }>(of, "close", (fresh) => judged(fresh) === judged(of));
  const act = async (reason: string) => {
    await close.mutateAsync({ reason });
    say(t.incident.closedDone);
  };
  const conflict = (error: unknown, reason: string) => {
    if (!isConflict(error)) return null;
    const mine = (
      <>
        <p>{t.incident.close}</p>
        <p>{reason}</p>
      </>
    );
    return { theirs: <Theirs of={of} />, mine };
  };
  return (
    <ReasonDialog title={t.incident.closeTitle} act={t.incident.close} draft={`case.close.${of.id}`} placeholder={t.incident.closeHint} onClose={props.onClose} onAct={act} conflict={conflict}>
      <strong>{of.title}</strong>
    </ReasonDialog>
  );
}

/** The case as it stands now. */
function Theirs(props: { of: CaseRow }) {
  const t = useText();
  const { of } = props;
  return (
    <>
      <p>{t.words.caseState[of.state]}</p>
      <p>
        <Classified of={of} long />
      </p>
      <p>
        <Flows flows={of.flows} />
      </p>
      {of.closed !== null && (
        <p>
          {of.closed.reason} ({t.incident.closedBy(of.closed.by.name)} <Time at={of.closed.at} />)
        </p>
      )}
    </>
  );
}
