import { Button } from "@mantine/core";
import { Gavel } from "lucide-react";
import { useState } from "react";
import type { CasePage } from "../../api/types";
import { useText } from "../../i18n/language";
import { AssignMenu } from "../../parts/AssignMenu";
import { DrillChip, VerdictChip } from "../../parts/Chips";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { Time } from "../../parts/Time";
import { say } from "../../parts/toast";
import { Classified, Flows } from "../cases/Classified";
import styles from "./CasePage.module.css";
import { useCaseAct } from "./queries";

/** What it is, how bad, what is next and by when, who. */
export function CaseHeader(props: { page: CasePage; judge: () => void }) {
  const t = useText();
  const { page } = props;
  const { case: of } = page;
  const assign = useCaseAct<{ person: string | null }>(of.id, "assign");
  const [closing, setClosing] = useState(false);
  const judged = page.decision !== null;
  return (
    <header className={styles.header}>
      <div className={styles.title}>
        <h1>{of.title}</h1>
        <span className={styles.state} data-state={of.state}>
          {t.words.caseState[of.state]}
        </span>
        {of.drill && <DrillChip />}
      </div>
      <div className={styles.line}>
        <button type="button" className={styles.class} onClick={props.judge}>
          <Classified of={of} long />
        </button>
        <VerdictChip verdict={of.verdict} />
        {judged ? <Flows flows={of.flows} /> : of.state !== "closed" && <strong className={styles.wait}>{t.incident.notJudged}</strong>}
      </div>
      <dl className={styles.facts}>
        <Fact name={t.cases.columns.reference}>{of.reference}</Fact>
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
        {of.state !== "closed" && (
          <Button size="xs" variant="default" onClick={() => setClosing(true)}>
            {t.incident.close}
          </Button>
        )}
      </div>
      {closing && <CloseDialog page={page} onClose={() => setClosing(false)} />}
    </header>
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
  const { id, title } = props.page.case;
  const close = useCaseAct<{ reason: string }>(id, "close");
  const act = async (reason: string) => {
    await close.mutateAsync({ reason });
    say(t.incident.closedDone);
  };
  return (
    <ReasonDialog title={t.incident.closeTitle} act={t.incident.close} draft={`case.close.${id}`} placeholder={t.incident.closeHint} onClose={props.onClose} onAct={act}>
      <strong>{title}</strong>
    </ReasonDialog>
  );
}
