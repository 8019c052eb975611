import { Button, NativeSelect, PasswordInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { put } from "../../api/client";
import { useMe } from "../../api/queries";
import type { Language } from "../../api/types";
import { useLanguage, useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import { say } from "../../parts/toast";
import styles from "./SettingsPage.module.css";
import { SecondFactor } from "./SecondFactor";
import { ZoneInput } from "./ZoneInput";

export function Myself() {
  return (
    <>
      <Person />
      <Password />
      <SecondFactor />
    </>
  );
}

function Person() {
  const t = useText();
  const client = useQueryClient();
  const { switchTo } = useLanguage();
  const { person } = useMe();
  const [name, setName] = useState(person.name);
  const [email, setEmail] = useState(person.email);
  const [language, setLanguage] = useState<Language>(person.language);
  const [zone, setZone] = useState(person.time_zone);
  const save = useMutation({
    mutationFn: () => put("/me", { name, email, language, time_zone: zone }),
    onSuccess: async () => {
      await switchTo(language);
      await client.invalidateQueries();
      say(t.settings.saved);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <section className={styles.panel} aria-labelledby="me">
      <h2 id="me">{t.settings.me.title}</h2>
      <form className={styles.form} onSubmit={submit}>
        <TextInput label={t.settings.me.name} required autoComplete="name" value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <TextInput label={t.settings.me.email} type="email" required autoComplete="email" value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
        <NativeSelect
          label={t.settings.me.language}
          data={(["ja", "en"] as const).map((each) => ({ value: each, label: t.words.language[each] }))}
          value={language}
          onChange={(event) => setLanguage(event.currentTarget.value === "en" ? "en" : "ja")}
        />
        <ZoneInput label={t.settings.me.zone} note={t.settings.me.zoneNote} value={zone} change={setZone} />
        {save.error !== null && <Failure error={save.error} />}
        <div className={styles.buttons}>
          <Button type="submit" loading={save.isPending}>
            {t.settings.me.save}
          </Button>
        </div>
      </form>
    </section>
  );
}

function Password() {
  const t = useText();
  const client = useQueryClient();
  const { person } = useMe();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const change = useMutation({
    mutationFn: () => put("/me/password", person.has_password ? { current, new: next } : { new: next }),
    onSuccess: async () => {
      setCurrent("");
      setNext("");
      await client.invalidateQueries({ queryKey: ["me"] });
      say(t.settings.me.changed);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <section className={styles.panel} aria-labelledby="password">
      <h2 id="password">{t.settings.me.password}</h2>
      <p>{person.has_password ? t.settings.me.passwordLead : t.settings.me.noPassword}</p>
      <form className={styles.form} onSubmit={submit}>
        {person.has_password && (
          <PasswordInput label={t.settings.me.current} required autoComplete="current-password" value={current} onChange={(event) => setCurrent(event.currentTarget.value)} />
        )}
        <PasswordInput
          label={t.settings.me.next}
          description={person.has_password ? undefined : t.settings.me.passwordLead}
          required
          minLength={15}
          autoComplete="new-password"
          value={next}
          onChange={(event) => setNext(event.currentTarget.value)}
        />
        {change.error !== null && <Failure error={change.error} />}
        <div className={styles.buttons}>
          <Button type="submit" loading={change.isPending}>
            {person.has_password ? t.settings.me.change : t.settings.me.set}
          </Button>
        </div>
      </form>
    </section>
  );
}
