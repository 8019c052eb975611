import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { post } from "../../api/client";
import { useMe } from "../../api/queries";
import type { Organization } from "../../api/types";
import { useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import { say } from "../../parts/toast";
import styles from "./SettingsPage.module.css";

/** A new organisation with the caller's language and zone; its other choices are set in its form, which opens then. */
export function AddOrganization(props: { show: (org: string) => void }) {
  const t = useText();
  const client = useQueryClient();
  const { person } = useMe();
  const [name, setName] = useState("");
  const add = useMutation({
    mutationFn: () => post<Organization>("/organizations", { name, language: person.language, time_zone: person.time_zone }),
    onSuccess: async (added) => {
      setName("");
      await client.invalidateQueries({ queryKey: ["me"] });
      props.show(added.id);
      say(t.settings.organization.added(added.name));
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <section className={styles.panel} aria-labelledby="add-organization">
      <h2 id="add-organization">{t.settings.organization.add}</h2>
      <p>{t.settings.organization.addLead}</p>
      <form className={styles.form} onSubmit={submit}>
        <TextInput label={t.settings.organization.name} required value={name} onChange={(event) => setName(event.currentTarget.value)} />
        {add.error !== null && <Failure error={add.error} />}
        <div className={styles.buttons}>
          <Button type="submit" loading={add.isPending}>
            {t.settings.organization.add}
          </Button>
        </div>
      </form>
    </section>
  );
}
