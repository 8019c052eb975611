import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError, post } from "../../api/client";
import { useLanguage, useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import { Prose } from "../../parts/Prose";
import { AcceptForm } from "./AcceptForm";
import styles from "./SignInPage.module.css";
import { forgetOneTimeLink, oneTimeLink } from "./token";
import { usePageTitle } from "../../parts/title";
import { useEntered } from "./useEntered";

export function SignInPage() {
  const t = useText();
  const { language, switchTo } = useLanguage();
  const [link] = useState(oneTimeLink);
  const [spent, setSpent] = useState(false);
  const invited = link?.kind === "invitation" && !spent;
  usePageTitle(invited ? t.signIn.invitationTitle : t.signIn.title);
  return (
    <main className={styles.page}>
      <section className={styles.card} aria-labelledby="sign-in-title">
        <p className={styles.product}>{t.frame.product}</p>
        <p className={styles.lead}>{t.signIn.lead}</p>
        <h1 id="sign-in-title">{invited ? t.signIn.invitationTitle : t.signIn.title}</h1>
        {link === null ? <PasswordForm /> : link.kind === "token" ? <LinkForm token={link.secret} /> : <AcceptForm token={link.secret} refused={() => setSpent(true)} otherwise={<PasswordForm />} />}
        <button type="button" className={styles.language} lang={language === "ja" ? "en" : "ja"} onClick={() => void switchTo(language === "ja" ? "en" : "ja")}>
          {language === "ja" ? "English" : "日本語"}
        </button>
      </section>
    </main>
  );
}

/** Opening the link spends nothing: only the button does, by POST. */
function LinkForm(props: { token: string }) {
  const t = useText();
  const entered = useEntered();
  const spend = useMutation({
    mutationFn: () => post("/session/link", { token: props.token }),
    onSuccess: () => {
      forgetOneTimeLink();
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
  const [code, setCode] = useState("");
  const [asked, setAsked] = useState(false);
  const enter = useMutation({
    mutationFn: () => post("/session", asked ? { email, password, code } : { email, password }),
    onSuccess: entered,
    onError: (error) => {
      if (isCodeMissing(error)) setAsked(true);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    enter.mutate();
  };
  const refused = enter.error instanceof ApiError && !isCodeMissing(enter.error) && (enter.error.status === 401 || enter.error.status === 400 || enter.error.status === 422);
  return (
    <form className={styles.form} onSubmit={submit}>
      <TextInput label={t.signIn.email} type="email" autoComplete="username" required withAsterisk={false} value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
      <PasswordInput label={t.signIn.password} autoComplete="current-password" required withAsterisk={false} value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
      {asked && (
        <TextInput
          label={t.signIn.code}
          description={t.signIn.codeNote}
          autoComplete="one-time-code"
          required
          withAsterisk={false}
          autoFocus
          data-autofocus
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
      )}
      <Button type="submit" size="md" loading={enter.isPending}>
        {t.signIn.submit}
      </Button>
      {refused ? <p role="alert" className={styles.refused}>{asked ? t.signIn.codeRefused : t.signIn.refused}</p> : enter.error !== null && !isCodeMissing(enter.error) && <Failure error={enter.error} />}
      <div className={styles.how}>
        <p>
          <Prose>{t.signIn.linkHow}</Prose>
        </p>
        <p>
          <Prose>{t.signIn.linkNew}</Prose>
        </p>
      </div>
    </form>
  );
}

/** Address and password hold; a code of the second factor is asked for. */
function isCodeMissing(error: unknown): boolean {
  return error instanceof ApiError && error.kind === "second_factor";
}
