/** Remarks on an alert or a case. What is typed saves itself until it is sent. */
import { Button, Textarea } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { Comment } from "../api/types";
import { useText } from "../i18n/language";
import { useDraft } from "./draft";
import { Failure } from "./Failure";
import styles from "./Work.module.css";
import { Time } from "./Time";

export function Comments(props: { about: string; comments: Comment[]; send?: (text: string) => Promise<unknown> }) {
  const t = useText();
  const draft = useDraft(`comment.${props.about}`);
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (draft.text.trim() === "" || props.send === undefined) return;
    setPending(true);
    setError(null);
    try {
      await props.send(draft.text.trim());
      draft.clear();
    } catch (cause) {
      setError(cause);
    } finally {
      setPending(false);
    }
  };
  return (
    <section className={styles.panel} aria-labelledby="comments">
      <h2 id="comments">{t.parts.comments}</h2>
      {props.comments.length === 0 && <p className={styles.none}>{props.send === undefined ? t.parts.noCommentsThen : t.parts.noComments}</p>}
      <ol className={styles.comments}>
        {props.comments.map((comment) => (
          <li key={comment.id}>
            <p className={styles.who}>
              <strong>{comment.by.name}</strong> <Time at={comment.at} form="both" />
            </p>
            <p className={styles.text}>{comment.text}</p>
          </li>
        ))}
      </ol>
      {props.send !== undefined && (
      <form onSubmit={(event) => void submit(event)} className={styles.form}>
        <Textarea
          aria-label={t.parts.comments}
          placeholder={t.parts.commentHint}
          autosize
          minRows={2}
          value={draft.text}
          onChange={(event) => draft.set(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void submit(event);
          }}
        />
        {error !== null && <Failure error={error} />}
        <div className={styles.foot}>
          <span className={styles.note} aria-live="polite">
            {draft.restored ? t.parts.draftRestored : draft.saved && draft.text !== "" ? t.parts.draftSaved : ""}
          </span>
          <Button size="xs" type="submit" loading={pending} disabled={draft.text.trim() === ""}>
            {t.parts.send}
          </Button>
        </div>
      </form>
      )}
    </section>
  );
}
