import { useLanguage, useText } from "../../i18n/language";
import { CopyButton } from "../../parts/CopyButton";
import { DrillChip } from "../../parts/Chips";
import { span } from "../../time/format";
import { useNow } from "../../time/now";
import { FirstClock, PriorityChip } from "../requests/RequestChips";
import { SaveState } from "../request/SaveState";
import type { SheetState } from "../request/sheet";
import styles from "./CallPage.module.css";

/** What stays in sight: how long the call lasts, what it is, by when something is due, whether it is saved. */
export function CallHead(props: { state: SheetState }) {
  const t = useText();
  const { language } = useLanguage();
  const now = useNow();
  const { page, receivedAt } = props.state;
  return (
    <header className={styles.head}>
      <h1>{t.call.title}</h1>
      <span className={styles.elapsed} role="timer">
        {t.call.elapsed(span(Math.max(0, now - new Date(receivedAt).getTime()), language))}
      </span>
      {page !== null && (
        <>
          <strong className={styles.reference}>
            {page.request.reference} <CopyButton value={page.request.reference} label={t.parts.copyReference} />
          </strong>
          {page.request.drill && <DrillChip />}
          {page.request.priority !== "normal" && <PriorityChip priority={page.request.priority} large />}
          <FirstClock row={page.request} />
          {page.request.assignee !== null && (
            <span className={styles.owner}>
              {t.parts.assignee} {page.request.assignee.name}
            </span>
          )}
        </>
      )}
      <SaveState state={props.state} />
    </header>
  );
}
