import { type ErrorComponentProps, Link } from "@tanstack/react-router";
import { useText } from "../i18n/language";
import { usePageTitle } from "../parts/title";
import { Failure } from "../parts/Failure";
import styles from "./Frame.module.css";

export function PageFailure(props: ErrorComponentProps) {
  return (
    <div className={styles.alone}>
      <Failure whole error={props.error} retry={() => window.location.reload()} />
    </div>
  );
}

export function PageMissing() {
  const t = useText();
  usePageTitle(t.parts.unknownPage);
  return (
    <div className={styles.alone}>
      <h1>{t.parts.unknownPage}</h1>
      <p>{t.parts.unknownPageNext}</p>
      <Link to="/duty">{t.parts.backToDuty}</Link>
    </div>
  );
}
