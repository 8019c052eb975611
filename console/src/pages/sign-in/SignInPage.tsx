import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { ApiError, post } from "../../api/client";
import { useLanguage, useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import { safeNext } from "../../url/search";
import styles from "./SignInPage.module.css";
import { forgetSignInToken, signInToken } from "./token";

export function SignInPage() {
  const t = useText();
  const { language, switchTo } = useLanguage();
  const [token, setToken] = useState(signInToken);
  return (
    <main className={styles.page}>
      <section className={styles.card} aria-labelledby="sign-in-title">
        <p className={styles.product}>{t.frame.product}</p>
        <p className={styles.lead}>{t.signIn.lead}</p>
        <h1 id="sign-in-title">{t.signIn.title}</h1>
        {token === null ? <PasswordForm /> : <LinkForm token={token} spent={() => setToken(null)} />}
        <button type="button" className={styles.language} lang={language === "ja" ? "en" : "ja"} onClick={() => void switchTo(language === "ja" ? "en" : "ja")}>
          {language === "ja" ? "English" : "日本語"}
        </button>
      </section>
    </main>
  );
}

function useEntered(): () => Promise<void> {
  const navigate = useNavigate();
  const client = useQueryClient();
  const { next } = useSearch({ from: "/sign-in" });
  return async () => {
    client.clear();
    await navigate({ href: safeNext(next) ?? "/duty", replace: true });
  };
}

/** Opening the link spends nothing: only the button does, by POST. */
function LinkForm(props: { token: string; spent: () => void }) {
  const t = useText();
  const entered = useEntered();
  const spend = useMutation({
    mutationFn: () => post("/session/link", { token: props.token }),
    onSuccess: () => {
      forgetSignInToken();
      return entered();
    },
  });
  const refused = spend.error instanceof ApiError && spend.error.status > 0 && spend.error.status < 500;
  if (refused) {
    return (
      <>
        <p role="alert" className={styles.refused}>{t.signIn.linkSpent}</p>
        <PasswordForm />
      </>
    );
  }
  return (
    <div className={styles.form}>
      <p>{t.signIn.linkFound}</p>
      <p className={styles.note}>{t.signIn.linkNote}</p>
      <Button size="md" loading={spend.isPending} onClick={() => spend.mutate()} data-autofocus autoFocus>
        {t.signIn.useLink}
      </Button>
      {spend.error !== null && <Failure error={spend.error} />}
    </div>
  );
}

function PasswordForm() {
  const t = useText();
  const entered = useEntered();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const enter = useMutation({ mutationFn: () => post("/session", { email, password }), onSuccess: entered });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    enter.mutate();
  };
  const refused = enter.error instanceof ApiError && (enter.error.status === 401 || enter.error.status === 400 || enter.error.status === 422);
  return (
    <form className={styles.form} onSubmit={submit}>
      <TextInput label={t.signIn.email} type="email" autoComplete="username" required withAsterisk={false} value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
      <PasswordInput label={t.signIn.password} autoComplete="current-password" required withAsterisk={false} value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
      <Button type="submit" size="md" loading={enter.isPending}>
        {t.signIn.submit}
      </Button>
      {refused ? <p role="alert" className={styles.refused}>{t.signIn.refused}</p> : enter.error !== null && <Failure error={enter.error} />}
      <div className={styles.how}>
        <p>{t.signIn.linkHow}</p>
        <p>{t.signIn.linkNew}</p>
      </div>
    </form>
  );
}
