/** An error as a page shows it: what happened, what is safe, what to do, and the request id to copy. */
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ApiError } from "../api/client";
import type { Dictionary } from "../i18n/dictionary";
import { useText } from "../i18n/language";
import { CopyButton } from "./CopyButton";
import { failureKind } from "./failure-kind";
import styles from "./Failure.module.css";

interface Failed {
  error: unknown;
  retry?: () => void;
  /** Nothing else stands on the page: what happened is its heading. */
  whole?: boolean;
  /** The list that what is missing would stand in. */
  list?: keyof Dictionary["errors"]["missing"];
}

export function Failure(props: Failed) {
  const t = useText();
  const error = props.error instanceof ApiError ? props.error : null;
  const kind = failureKind(error);
  const What = props.whole === true ? "h1" : "p";
  if (kind === "not_found" && props.list !== undefined) return <Missing list={props.list} />;
  return (
    <div className={styles.failure} role="alert">
      <What className={styles.what}>{t.errors.what[kind] ?? t.errors.what["other"]}</What>
      {error !== null && error.message !== "" && <p className={styles.message}>{error.message}</p>}
      {(kind !== "not_found" || error?.message === "") && <p>{t.errors.next[kind] ?? t.errors.next["other"]}</p>}
      <p className={styles.dim}>{t.errors.safe}</p>
      <div className={styles.foot}>
        {props.retry !== undefined && kind !== "not_found" && (
          <Button size="xs" variant="default" onClick={props.retry}>
            {t.parts.reload}
          </Button>
        )}
        {error?.requestId != null && (
          <span className={styles.request}>
            {t.parts.requestId} <code>{error.requestId}</code> <CopyButton value={error.requestId} label={t.parts.copyRequestId} />
          </span>
        )}
      </div>
    </div>
  );
}

/** What a link led to is not there: what may have happened, and the way back. */
function Missing(props: { list: NonNullable<Failed["list"]> }) {
  const t = useText();
  const { what, back } = t.errors.missing[props.list];
  return (
    <div className={styles.failure} role="alert">
      <h1 className={styles.what}>{what}</h1>
      <p>{t.errors.missingWhy[props.list]}</p>
      <p className={styles.foot}>
        <Link to={`/${props.list}`}>{back}</Link>
      </p>
    </div>
  );
}
