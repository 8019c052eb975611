/** Words of others, shown as they were written: marked with their language, and said so where it is not the reader's. */
import { useLanguage, useText } from "../i18n/language";
import { writtenIn } from "../i18n/written-in";
import styles from "./Original.module.css";

export function OriginalMark(props: { of: string }) {
  const t = useText();
  const { language } = useLanguage();
  const written = writtenIn(props.of);
  return props.of === "" || written === language ? null : <span className={styles.mark}>{t.parts.original[written]}</span>;
}
