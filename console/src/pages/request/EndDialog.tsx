import { NativeSelect } from "@mantine/core";
import { useState } from "react";
import { isConflict } from "../../api/guarded";
import type { Outcome, RequestPage, RequestRow } from "../../api/types";
import { useText } from "../../i18n/language";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { say } from "../../parts/toast";
import { oneOf } from "../../url/search";
import styles from "./RequestPage.module.css";
import { useRequestAct } from "./queries";

const OUTCOMES = ["handled", "no_incident", "declined", "out_of_scope", "duplicate"] as const satisfies readonly Outcome[];

/** What became of it, and what whoever asked is told. */
export function EndDialog(props: { page: RequestPage; onClose: () => void }) {
  const t = useText();
  const { request: of } = props.page;
  const [outcome, setOutcome] = useState<Outcome>("handled");
  // Whatever else has changed meanwhile is in the history; only an end by somebody else stands in the way.
  const end = useRequestAct<{ outcome: Outcome; reason: string }>(of, "end", (fresh: RequestRow) => fresh.state !== "ended" && fresh.priority === of.priority);
  const act = async (reason: string) => {
    await end.mutateAsync({ outcome, reason });
    say(t.request.ended);
  };
  const conflict = (error: unknown, reason: string) => (isConflict(error) ? { theirs: <p>{of.why.join(" ")}</p>, mine: <p>{`${t.requests.words.outcome[outcome]}: ${reason}`}</p> } : null);
  return (
    <ReasonDialog title={t.request.endTitle(of.reference)} act={t.request.end} draft={`request.end.${of.id}`} label={t.request.endLabel} placeholder={t.request.endHint} onClose={props.onClose} onAct={act} conflict={conflict}>
      <p className={styles.who}>
        <strong>{of.org_name}</strong> {of.contact}
      </p>
      <NativeSelect
        label={t.request.outcome}
        data={OUTCOMES.map((each) => ({ value: each, label: t.requests.words.outcome[each] }))}
        value={outcome}
        onChange={(event) => setOutcome(oneOf(event.currentTarget.value, OUTCOMES) ?? outcome)}
      />
      <p className={styles.dim}>{t.request.endStops}</p>
    </ReasonDialog>
  );
}
