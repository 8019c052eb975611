import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { post } from "../../api/client";
import { useMe } from "../../api/queries";
import type { InvitedPerson, Language } from "../../api/types";
import { useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import { type RoleChoice, RoleFields } from "./RoleFields";
import styles from "./SettingsPage.module.css";

export function Invite(props: { everywhere: boolean; show: (link: InvitedPerson) => void }) {
  const t = useText();
  const client = useQueryClient();
  const me = useMe();
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [language, setLanguage] = useState<Language>(me.person.language);
  const [place, setPlace] = useState<RoleChoice>({ role: "analyst", org: me.organizations[0]?.id ?? null });
  const invite = useMutation({
    mutationFn: () => post<InvitedPerson>("/people", { name, email, language, ...place }),
    onSuccess: (invited) => {
      setName("");
      setEmail("");
      props.show(invited);
      return client.invalidateQueries({ queryKey: ["people"] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    invite.mutate();
  };
  return (
    <section className={styles.panel} aria-labelledby="invite">
      <h2 id="invite">{t.settings.people.invite}</h2>
      <form className={styles.form} onSubmit={submit}>
        <TextInput label={t.settings.people.name} required autoComplete="off" value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <TextInput label={t.settings.people.email} description={t.settings.people.emailNote} type="email" required autoComplete="off" value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
        <NativeSelect
          label={t.settings.people.language}
          data={(["ja", "en"] as const).map((each) => ({ value: each, label: t.words.language[each] }))}
          value={language}
          onChange={(event) => setLanguage(event.currentTarget.value === "en" ? "en" : "ja")}
        />
        <RoleFields value={place} everywhere={props.everywhere} mayBeNone={false} change={setPlace} />
        {invite.error !== null && <Failure error={invite.error} />}
        <div className={styles.buttons}>
          <Button type="submit" loading={invite.isPending}>
            {t.settings.people.invite}
          </Button>
        </div>
      </form>
    </section>
  );
}
