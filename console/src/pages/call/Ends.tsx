import { Button } from "@mantine/core";
import type { RequestPage } from "../../api/types";
import { useText } from "../../i18n/language";
import { ReasonDialog } from "../../parts/ReasonDialog";
import styles from "./CallPage.module.css";

/** How a call ends: I take it, it waits in the queue, or there was nothing. */
export function EndButtons(props: { ready: boolean; finish: () => void; leave: () => void; noIncident: () => void }) {
  const t = useText();
  return (
    <section className={styles.ends} aria-label={t.call.sections.end}>
      <Button disabled={!props.ready} onClick={props.finish} aria-keyshortcuts="Control+Enter">
        {t.call.finish}
      </Button>
      <Button disabled={!props.ready} variant="default" onClick={props.leave} aria-keyshortcuts="Control+Shift+Enter">
        {t.call.keepInQueue}
      </Button>
      <Button disabled={!props.ready} variant="default" onClick={props.noIncident}>
        {t.call.noIncident}
      </Button>
    </section>
  );
}

/** "No incident" is a possible end; whoever called is told why. */
export function NoIncident(props: { page: RequestPage; end: (reason: string) => Promise<void>; onClose: () => void }) {
  const t = useText();
  const { request } = props.page;
  return (
    <ReasonDialog title={t.call.noIncidentTitle} act={t.call.noIncident} draft={`request.end.${request.id}`} label={t.request.endLabel} placeholder={t.request.endHint} onClose={props.onClose} onAct={props.end}>
      <p>
        <strong>{request.reference}</strong> {request.org_name}
      </p>
      <p className={styles.dim}>{t.request.endStops}</p>
    </ReasonDialog>
  );
}
