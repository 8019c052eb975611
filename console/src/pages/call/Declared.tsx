import { Button } from "@mantine/core";
import { Siren } from "lucide-react";
import type { Priority, RequestPage } from "../../api/types";
import { useText } from "../../i18n/language";
import { Time } from "../../parts/Time";
import { PriorityChip } from "../requests/RequestChips";
import styles from "./CallPage.module.css";

/** The contact says the word, one key writes it down: the clock then counts from the beginning of the call. */
export function Declared(props: { page: RequestPage | null; nameless: boolean; declare: (priority: Priority) => void }) {
  const t = useText();
  const { page, declare } = props;
  const priority = page?.request.priority ?? "normal";
  const last = page?.declared.at(-1);
  return (
    <div className={styles.declared}>
      {priority !== "emergency" && (
        <Button variant="default" leftSection={<Siren size={16} aria-hidden />} rightSection={<kbd>Ctrl E</kbd>} aria-keyshortcuts="Control+E" onClick={() => declare("emergency")}>
          {t.call.emergency}
        </Button>
      )}
      {priority !== "urgent" && (
        <Button variant="default" rightSection={<kbd>Ctrl U</kbd>} aria-keyshortcuts="Control+U" onClick={() => declare("urgent")}>
          {t.call.urgent}
        </Button>
      )}
      {priority !== "normal" && (
        <Button variant="subtle" onClick={() => declare("normal")}>
          {t.call.normal}
        </Button>
      )}
      {last !== undefined && (
        <p className={styles.said}>
          <PriorityChip priority={last.priority} /> {t.request.declaredBy(last.who, t.requests.words.channel[last.channel])} <Time at={last.at} form="clock" />
        </p>
      )}
      {props.nameless && (
        <p className={styles.wrong} role="alert">
          {t.call.declareNeedsName}
        </p>
      )}
    </div>
  );
}
