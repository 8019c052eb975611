/** The lead's judgement: type × severity in the matrix, then the flows. A flow outside the proposal asks for a reason. */
import { Button, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError } from "../../api/client";
import { matrix } from "../../api/queries";
import type { CasePage, Flow, IncidentType, Matrix, Severity } from "../../api/types";
import { useText } from "../../i18n/language";
import { useDraft } from "../../parts/draft";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/States";
import { say } from "../../parts/toast";
import styles from "./Classification.module.css";
import { Conflict } from "./Conflict";
import { FlowChoice } from "./FlowChoice";
import { alternativesOf, carriedOver, outside, withBrought } from "./flows";
import { FlowChange } from "./FlowChange";
import { MatrixTable } from "./MatrixTable";
import { useCaseAct } from "./queries";

export interface Choice {
  type: IncidentType;
  severity: Severity;
  flows: Flow[];
}

export function Classification(props: { page: CasePage; done: () => void }) {
  const { data, error, refetch } = useQuery(matrix);
  if (error !== null && data === undefined) return <Failure error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Loading lines={8} />;
  return <Judge {...props} matrix={data} />;
}

/** A proposal offers alternatives: the first stands preselected, with what it brings. */
function firstOf(proposal: CasePage["proposal"]): Choice | null {
  return proposal === null ? null : { type: proposal.type, severity: proposal.severity, flows: withBrought(proposal.flows.slice(0, 1)) };
}

type Body = Choice & { ended: Flow[]; reason: string; expected_version: number };

function Judge(props: { page: CasePage; done: () => void; matrix: Matrix }) {
  const t = useText();
  const { page } = props;
  const [choice, setChoice] = useState<Choice | null>(() => page.decision ?? firstOf(page.proposal));
  const draft = useDraft(`classification.${page.case.id}`);
  const [missing, setMissing] = useState(false);
  const save = useCaseAct<Body>(page.case.id, "classification");
  const alternatives = choice === null ? [] : alternativesOf(props.matrix, choice.type, choice.severity);
  const beyond = choice === null ? [] : outside(choice.flows, alternatives);
  const decided = page.decision?.flows ?? [];
  const choose = (type: IncidentType, severity: Severity) => {
    const { decision } = page;
    const standing = decision !== null && decision.type === type && decision.severity === severity;
    setChoice({ type, severity, flows: standing ? decision.flows : carriedOver(decided, alternativesOf(props.matrix, type, severity)) });
  };
  const change = (flows: Flow[]) => setChoice((before) => (before === null ? null : { ...before, flows }));
  const needsReason = beyond.length > 0 || page.decision !== null;
  const submit = async (event?: FormEvent) => {
    event?.preventDefault();
    if (choice === null) return;
    if (needsReason && draft.text.trim() === "") return setMissing(true);
    const { type, severity } = choice;
    const flows = withBrought(choice.flows);
    const ended = decided.filter((flow) => !flows.includes(flow));
    await save.mutateAsync({ type, severity, flows, ended, reason: draft.text.trim(), expected_version: page.case.version });
    draft.clear();
    say(t.incident.decided);
    props.done();
  };
  const conflict = save.error instanceof ApiError && save.error.status === 409;
  return (
    <form className={styles.judge} onSubmit={(event) => void submit(event).catch(() => undefined)}>
      {conflict && choice !== null && (
        <Conflict
          page={page}
          mine={choice}
          reason={draft.text}
          takeTheirs={() => {
            setChoice(page.decision ?? firstOf(page.proposal));
            save.reset();
          }}
          takeMine={() => void submit().catch(() => undefined)}
        />
      )}
      <MatrixTable matrix={props.matrix} choice={choice} proposal={page.proposal} choose={choose} />
      {choice === null ? (
        <p className={styles.dim}>{t.incident.selectCell}</p>
      ) : (
        <>
          {page.decision !== null && <FlowChange page={page} choice={choice} change={change} />}
          <FlowChoice matrix={props.matrix} choice={choice} alternatives={alternatives} change={change} />
          <Textarea
            label={t.incident.reasonFor}
            description={beyond.length > 0 ? t.incident.outside : t.incident.reasonAlways}
            placeholder={t.incident.reasonHint}
            autosize
            minRows={2}
            required={needsReason}
            value={draft.text}
            error={missing && needsReason && draft.text.trim() === "" ? t.parts.reasonMissing : null}
            onChange={(event) => draft.set(event.currentTarget.value)}
          />
          {save.error !== null && !conflict && <Failure error={save.error} />}
          <div>
            <Button type="submit" loading={save.isPending}>
              {t.incident.decide(`${choice.type} × ${t.words.severityLevel(choice.severity)}`)}
            </Button>
          </div>
        </>
      )}
    </form>
  );
}
