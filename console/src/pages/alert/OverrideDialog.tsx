import { SegmentedControl } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useState } from "react";
import { isConflict } from "../../api/guarded";
import type { AlertPage, Verdict } from "../../api/types";
import { useText } from "../../i18n/language";
import { VerdictChip } from "../../parts/Chips";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { Time } from "../../parts/Time";
import { say } from "../../parts/toast";
import { oneOf } from "../../url/search";
import { VERDICTS } from "../alerts/search";
import styles from "./Header.module.css";
import { useGuardedAlertAct } from "./queries";

/** A person's verdict beside the machine's: both stay. */
export function OverrideDialog(props: { page: AlertPage; onClose: () => void }) {
  const t = useText();
  const narrow = useMediaQuery("(max-width: 760px)") ?? false;
  const { alert } = props.page;
  const others = VERDICTS.filter((verdict) => verdict !== alert.verdict);
  const [verdict, setVerdict] = useState<Verdict>(others[0] ?? "grey");
  // A verdict of the machine that has changed meanwhile counts as well: the person judged upon another one.
  const override = useGuardedAlertAct<{ verdict: Verdict; reason: string }>(alert, "override", (fresh) => fresh.verdict === alert.verdict && fresh.machine_verdict === alert.machine_verdict);
  const act = async (reason: string) => {
    await override.mutateAsync({ verdict, reason });
    say(t.alert.overrideSaved);
  };
  const conflict = (error: unknown, reason: string) => (isConflict(error) ? { theirs: <Theirs page={props.page} />, mine: <Mine verdict={verdict} reason={reason} /> } : null);
  const machine = alert.machine_verdict;
  return (
    <ReasonDialog title={t.alert.overrideTitle} act={t.alert.overrideAct(t.words.verdict[verdict])} draft={`override.${alert.id}`} placeholder={t.alert.overrideHint} onClose={props.onClose} onAct={act} conflict={conflict}>
      <p className={styles.override}>
        {t.alert.machine}: <VerdictChip verdict={machine} score={alert.score} />
      </p>
      <div>
        <SegmentedControl
          fullWidth
          orientation={narrow ? "vertical" : "horizontal"}
          aria-label={t.alert.newVerdict}
          data={VERDICTS.map((each) => ({ value: each, label: `${t.words.verdict[each]} — ${t.words.verdictMeaning[each]}`, disabled: each === alert.verdict }))}
          value={verdict}
          onChange={(value) => setVerdict(oneOf(value, VERDICTS) ?? verdict)}
        />
      </div>
      {machine !== null && <p className={styles.override}>{t.alert.overrideNote(t.words.verdict[machine])}</p>}
    </ReasonDialog>
  );
}

/** The verdict as it stands now, and whose it is. */
function Theirs(props: { page: AlertPage }) {
  const t = useText();
  const { alert, override } = props.page;
  return (
    <>
      <p>
        <VerdictChip verdict={alert.verdict} score={alert.score} />
      </p>
      {override === null ? (
        <p>{t.alert.machine}</p>
      ) : (
        <p>
          {override.reason} ({t.alert.overridden(override.by.name)} <Time at={override.at} />)
        </p>
      )}
    </>
  );
}

function Mine(props: { verdict: Verdict; reason: string }) {
  return (
    <>
      <p>
        <VerdictChip verdict={props.verdict} />
      </p>
      <p>{props.reason}</p>
    </>
  );
}
