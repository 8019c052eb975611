import type { ClockAct, ClockDuty, RequestPage, RequestRow } from "../../api/types";
import { useText } from "../../i18n/language";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { say } from "../../parts/toast";
import type { Asked } from "./Clocks";
import styles from "./RequestPage.module.css";
import { useRequestAct } from "./queries";
import { useWhen, When } from "./When";

/** Something is done to a clock, at a time that may lie in the past. A pause and another start need a reason. */
export function ClockDialog(props: { page: RequestPage; asked: Asked; onClose: () => void }) {
  const t = useText();
  const { request: of } = props.page;
  const { duty, act } = props.asked;
  const running = (row: RequestRow) => row.clocks.find((each) => each.duty === duty && each.stopped_at === null);
  const clock = running(of);
  const when = useWhen(act === "rebase" ? clock?.started_at : undefined);
  const standing = clock?.standing;
  const send = useRequestAct<{ duty: ClockDuty; act: ClockAct; at: string | null; reason: string }>(of, "clock", (fresh) => running(fresh)?.standing === standing);
  const { acts, hints, done } = t.request.clock;
  const onAct = async (reason: string) => {
    await send.mutateAsync({ duty, act, at: when.at, reason });
    say(done[act]);
  };
  const optional = act !== "pause" && act !== "rebase";
  return (
    <ReasonDialog
      title={t.request.clock.actOf(t.requests.words.duty[duty], acts[act])}
      act={acts[act]}
      draft={`request.clock.${of.id}.${duty}.${act}`}
      placeholder={hints[act]}
      onClose={props.onClose}
      onAct={onAct}
      {...(optional ? { optional, label: t.request.reasonOptional } : {})}
    >
      <p className={styles.who}>
        <strong>{of.reference}</strong> {of.org_name}
      </p>
      <When label={act === "rebase" ? t.request.clock.newStart : t.request.clock.at} note={t.request.clock.atNote} when={when} />
    </ReasonDialog>
  );
}
