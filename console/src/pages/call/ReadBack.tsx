import { useZone } from "../../api/queries";
import { readBack } from "../../i18n/read-back";
import { useText } from "../../i18n/language";
import { useNow } from "../../time/now";
import type { SheetState } from "../request/sheet";
import styles from "./CallPage.module.css";

/** Plain sentences in the caller's language, to be read aloud. */
export function ReadBack(props: { state: SheetState; org: string | null | undefined }) {
  const t = useText();
  const zone = useZone();
  const now = useNow(60);
  const { page, receivedAt, written } = props.state;
  if (props.state.org === null) return <p className={styles.dim}>{t.call.declareNeedsOrg}</p>;
  const sentences = readBack(
    { org: props.org ?? t.call.organization, reference: page?.request.reference ?? null, began: receivedAt, now, zone, priority: page?.request.priority ?? "normal", form: written.form },
    written.language,
  );
  return (
    <blockquote className={styles.readBack} lang={written.language}>
      {sentences.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
    </blockquote>
  );
}
