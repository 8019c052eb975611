import type { InvitedPerson } from "../../api/types";
import { useText } from "../../i18n/language";
import { CopyButton } from "../../parts/CopyButton";
import styles from "./SettingsPage.module.css";

/** A link that can be read this once, and whether it was mailed. */
export function LinkOnce(props: { invited: InvitedPerson }) {
  const t = useText();
  const { item, link, lifetime_seconds, mailed, mail_error } = props.invited;
  return (
    <div className={styles.secret} role="status">
      <div>
        {t.settings.people.shown(item.name)} {t.settings.people.holds(Math.floor(lifetime_seconds / 3_600))}
        <br />
        <code>{link}</code> <CopyButton value={link} />
        <br />
        {t.settings.people.mailed[mailed]}
        {mail_error !== null && <span className={styles.reason}>{mail_error}</span>}
      </div>
    </div>
  );
}
