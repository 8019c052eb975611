/** What may be done to the selected cases: those that are judged are closed with one reason, all or none. */
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { post } from "../../api/client";
import type { CaseRow } from "../../api/types";
import { useText } from "../../i18n/language";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { say } from "../../parts/toast";
import list from "../alerts/AlertsPage.module.css";

export function CaseBulk(props: { rows: CaseRow[]; clear: () => void }) {
  const t = useText();
  const [asking, setAsking] = useState(false);
  const { rows } = props;
  if (rows.length === 0) return null;
  const judged = rows.filter(({ state }) => state === "handling");
  const waiting = rows.filter(({ state }) => state === "to_judge").length;
  return (
    <div className={list.bulk}>
      <strong aria-live="polite">{t.parts.selected(rows.length)}</strong>
      {judged.length > 0 && (
        <Button size="xs" onClick={() => setAsking(true)}>
          {t.cases.closeAct(judged.length)}
        </Button>
      )}
      {waiting > 0 && <span>{t.cases.closeNotJudged(waiting)}</span>}
      <Button size="xs" variant="subtle" onClick={props.clear}>
        {t.parts.clear}
      </Button>
      {asking && <CloseDialog rows={judged} done={props.clear} onClose={() => setAsking(false)} />}
    </div>
  );
}

function CloseDialog(props: { rows: CaseRow[]; done: () => void; onClose: () => void }) {
  const t = useText();
  const client = useQueryClient();
  const { rows } = props;
  const act = async (reason: string) => {
    const expected_versions = Object.fromEntries(rows.map(({ id, version }) => [id, version]));
    try {
      await post("/cases/close", { ids: rows.map(({ id }) => id), expected_versions, reason });
    } finally {
      await Promise.all([["cases"], ["case"], ["duty"]].map((queryKey) => client.invalidateQueries({ queryKey })));
    }
    props.done();
    say(t.cases.closedDone(rows.length));
  };
  return (
    <ReasonDialog title={t.cases.closeTitle(rows.length)} act={t.cases.closeAct(rows.length)} draft="cases.close" placeholder={t.incident.closeHint} onClose={props.onClose} onAct={act}>
      <ul>
        {rows.map((row) => (
          <li key={row.id}>
            <strong>{row.reference}</strong> {row.title}
          </li>
        ))}
      </ul>
    </ReasonDialog>
  );
}
