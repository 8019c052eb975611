/** An act that asks for a reason. Says who and what is affected; the typed reason survives closing the window. */
import { Button, Modal, Textarea } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import { useText } from "../i18n/language";
import { Conflict } from "./Conflict";
import { useDraft } from "./draft";
import { Failure } from "./Failure";
import styles from "./ReasonDialog.module.css";

interface Asked {
  title: string;
  /** The act, as the button names it. */
  act: string;
  draft: string;
  onClose: () => void;
  onAct: (reason: string) => Promise<unknown>;
  /** Both versions, where somebody else was faster; null where the error is something else. */
  conflict?: (error: unknown, reason: string) => { theirs: ReactNode; mine: ReactNode } | null;
  children?: ReactNode;
  placeholder?: string | undefined;
  /** What the text is, where it is no reason. */
  label?: string;
  /** The act can do without. */
  optional?: boolean;
}

export function ReasonDialog(props: Asked) {
  const t = useText();
  const draft = useDraft(props.draft);
  const [missing, setMissing] = useState(false);
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async (event?: FormEvent) => {
    event?.preventDefault();
    if (draft.text.trim() === "" && props.optional !== true) return setMissing(true);
    setPending(true);
    setError(null);
    try {
      await props.onAct(draft.text.trim());
      draft.clear();
      props.onClose();
    } catch (cause) {
      setError(cause);
    } finally {
      setPending(false);
    }
  };
  const conflict = error === null ? null : (props.conflict?.(error, draft.text.trim()) ?? null);
  const takeTheirs = () => {
    draft.clear();
    props.onClose();
  };
  return (
    <Modal opened onClose={props.onClose} title={props.title} size="lg" closeButtonProps={{ "aria-label": t.parts.close }}>
      <form className={styles.form} onSubmit={(event) => void submit(event)}>
        {props.children}
        <Textarea
          label={props.label ?? t.parts.reason}
          placeholder={props.placeholder}
          autosize
          minRows={3}
          data-autofocus
          value={draft.text}
          error={missing && draft.text.trim() === "" ? (props.label === undefined ? t.parts.reasonMissing : t.parts.textMissing) : null}
          onChange={(event) => draft.set(event.currentTarget.value)}
        />
        {conflict !== null && <Conflict {...conflict} takeTheirs={takeTheirs} takeMine={() => void submit()} />}
        {error !== null && conflict === null && <Failure error={error} />}
        <div className={styles.foot}>
          <Button variant="default" onClick={props.onClose}>
            {t.parts.cancel}
          </Button>
          <Button type="submit" loading={pending}>
            {props.act}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
