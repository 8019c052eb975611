/** An act that asks for a few fields instead of a reason. */
import { Button, Modal } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import { useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import dialog from "../../parts/ReasonDialog.module.css";

export function ActDialog(props: { title: string; act: string; ready: boolean; onAct: () => Promise<unknown>; onClose: () => void; children: ReactNode }) {
  const t = useText();
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!props.ready) return;
    setPending(true);
    setError(null);
    try {
      await props.onAct();
      props.onClose();
    } catch (cause) {
      setError(cause);
    } finally {
      setPending(false);
    }
  };
  return (
    <Modal opened onClose={props.onClose} title={props.title} size="lg" closeButtonProps={{ "aria-label": t.parts.close }}>
      <form className={dialog.form} onSubmit={(event) => void submit(event)}>
        {props.children}
        {error !== null && <Failure error={error} />}
        <div className={dialog.foot}>
          <Button variant="default" onClick={props.onClose}>
            {t.parts.cancel}
          </Button>
          <Button type="submit" loading={pending} disabled={!props.ready}>
            {props.act}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
