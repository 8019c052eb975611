import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import type { AlertPage, Verdict } from "../../api/types";
import { ApiError } from "../../api/client";
import { useText } from "../../i18n/language";
import { VerdictChip } from "../../parts/Chips";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { say } from "../../parts/toast";
import { oneOf } from "../../url/search";
import { VERDICTS } from "../alerts/search";
import styles from "./Header.module.css";
import { useAlertAct } from "./queries";

/** A person's verdict beside the machine's: both stay. */
export function OverrideDialog(props: { page: AlertPage; onClose: () => void }) {
  const t = useText();
  const { alert } = props.page;
  const others = VERDICTS.filter((verdict) => verdict !== alert.verdict);
  const [verdict, setVerdict] = useState<Verdict>(others[0] ?? "grey");
  const override = useAlertAct<{ verdict: Verdict; reason: string; expected_version: number }>(alert.id, "override");
  const act = async (reason: string) => {
    try {
      await override.mutateAsync({ verdict, reason, expected_version: alert.version });
      say(t.alert.overrideSaved);
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) throw new ApiError(409, "conflict", t.parts.stale, error.requestId, error.body);
      throw error;
    }
  };
  const machine = alert.machine_verdict;
  return (
    <ReasonDialog title={t.alert.overrideTitle} act={t.alert.overrideAct(t.words.verdict[verdict])} draft={`override.${alert.id}`} placeholder={t.alert.overrideHint} onClose={props.onClose} onAct={act}>
      <p className={styles.override}>
        {t.alert.machine}: <VerdictChip verdict={machine} score={alert.score} />
      </p>
      <div>
        <SegmentedControl
          fullWidth
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
