import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { AlertRow } from "../../api/types";
import { useText } from "../../i18n/language";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { say } from "../../parts/toast";
import { useSayFailure } from "../../parts/useSayFailure";
import styles from "./AlertsPage.module.css";
import { closeAlerts, RowsChanged, reopenAlerts } from "./queries";

/** What may be done to the selected rows. Closing asks for a reason and can be undone. */
export function BulkBar(props: { rows: AlertRow[]; selected: Set<string>; clear: () => void }) {
  const t = useText();
  const [asking, setAsking] = useState<"close" | "reopen" | null>(null);
  const chosen = props.rows.filter(({ id }) => props.selected.has(id));
  if (chosen.length === 0) return null;
  const open = chosen.filter(({ state }) => state !== "closed");
  const closed = chosen.filter(({ state }) => state === "closed");
  return (
    <div className={styles.bulk}>
      <strong aria-live="polite">{t.parts.selected(chosen.length)}</strong>
      {open.length > 0 && (
        <Button size="xs" onClick={() => setAsking("close")}>
          {t.alerts.closeAct(open.length)}
        </Button>
      )}
      {closed.length > 0 && (
        <Button size="xs" variant="default" onClick={() => setAsking("reopen")}>
          {t.alerts.reopen}
        </Button>
      )}
      <Button size="xs" variant="subtle" onClick={props.clear}>
        {t.parts.clear}
      </Button>
      {asking === "close" && <CloseDialog rows={open} done={props.clear} onClose={() => setAsking(null)} />}
      {asking === "reopen" && <ReopenDialog rows={closed} done={props.clear} onClose={() => setAsking(null)} />}
    </div>
  );
}

interface Dialog {
  rows: AlertRow[];
  done?: () => void;
  onClose: () => void;
}

export function CloseDialog(props: Dialog) {
  const t = useText();
  const client = useQueryClient();
  const sayFailure = useSayFailure();
  // The rows as the dialog showed them; after a conflict, as it shows them then.
  const [rows, setRows] = useState(props.rows);
  const ids = rows.map(({ id }) => id);
  const act = async (reason: string) => {
    try {
      await closeAlerts(client, rows, reason);
    } catch (error) {
      if (error instanceof RowsChanged) setRows(error.rows);
      throw error;
    }
    props.done?.();
    say(t.alerts.closed(ids.length), { label: t.alerts.undo, run: () => void reopenAlerts(client, ids, t.alerts.undoReason).catch(sayFailure) });
  };
  const conflict = (error: unknown, reason: string) => (error instanceof RowsChanged ? { theirs: <States rows={error.rows} />, mine: <Mine reason={reason} act={t.alerts.closeAct(ids.length)} /> } : null);
  return (
    <ReasonDialog title={t.alerts.closeTitle(ids.length)} act={t.alerts.closeAct(ids.length)} draft="alerts.close" placeholder={t.alerts.closeHint} onClose={props.onClose} onAct={act} conflict={conflict}>
      <Affected rows={rows} />
      <p className={styles.note}>{t.alerts.closeNote}</p>
    </ReasonDialog>
  );
}

export function ReopenDialog(props: Dialog) {
  const t = useText();
  const client = useQueryClient();
  const ids = props.rows.map(({ id }) => id);
  const act = async (reason: string) => {
    await reopenAlerts(client, ids, reason);
    props.done?.();
    say(t.alerts.reopened(ids.length));
  };
  return (
    <ReasonDialog title={t.alerts.reopenTitle(ids.length)} act={t.alerts.reopen} draft="alerts.reopen" onClose={props.onClose} onAct={act}>
      <Affected rows={props.rows} />
    </ReasonDialog>
  );
}

function States(props: { rows: AlertRow[] }) {
  const t = useText();
  return (
    <ul className={styles.affected}>
      {props.rows.map((row) => (
        <li key={row.id}>
          <strong>{row.host}</strong> {row.name}: {t.words.alertState[row.state]}
        </li>
      ))}
    </ul>
  );
}

function Mine(props: { act: string; reason: string }) {
  return (
    <>
      <p>{props.act}</p>
      <p>{props.reason}</p>
    </>
  );
}

function Affected(props: { rows: Dialog["rows"] }) {
  return (
    <ul className={styles.affected}>
      {props.rows.map((row) => (
        <li key={row.id}>
          <strong>{row.host}</strong> {row.name}
        </li>
      ))}
    </ul>
  );
}
