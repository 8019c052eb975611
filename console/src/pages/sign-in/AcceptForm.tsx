import { Button, PasswordInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { ApiError, post } from "../../api/client";
import { useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import styles from "./SignInPage.module.css";
import { forgetOneTimeLink } from "./token";
import { useEntered } from "./useEntered";

/** Takes up an invitation. Opening the link spends nothing: only the button does, by POST. */
export function AcceptForm(props: { token: string; refused: () => void; otherwise: ReactNode }) {
  const t = useText();
  const entered = useEntered();
  const [password, setPassword] = useState("");
  const accept = useMutation({
    mutationFn: () => post("/session/invitation", { token: props.token, password }),
    onSuccess: () => {
      forgetOneTimeLink();
      return entered();
    },
    onError: (error) => {
      if (isSpent(error)) props.refused();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    accept.mutate();
  };
  if (accept.error instanceof ApiError && accept.error.kind === "second_factor") {
    return (
      <>
        <p role="status">{accept.error.message}</p>
        {props.otherwise}
      </>
    );
  }
  if (isSpent(accept.error)) {
    return (
      <>
        <p role="alert" className={styles.refused}>{t.signIn.invitationSpent}</p>
        {props.otherwise}
      </>
    );
  }
  return (
    <form className={styles.form} onSubmit={submit}>
      <p>{t.signIn.invitationLead}</p>
      <PasswordInput
        label={t.signIn.newPassword}
        description={t.signIn.newPasswordNote}
        autoComplete="new-password"
        required
        withAsterisk={false}
        minLength={15}
        data-autofocus
        autoFocus
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <p className={styles.note}>{t.signIn.invitationNote}</p>
      <Button type="submit" size="md" loading={accept.isPending}>
        {t.signIn.accept}
      </Button>
      {accept.error !== null && <Failure error={accept.error} />}
    </form>
  );
}

function isSpent(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401 && error.kind !== "second_factor";
}
