import { Button, NativeSelect, NumberInput, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { put } from "../../api/client";
import { organization, useMe } from "../../api/queries";
import type { Organization } from "../../api/types";
import { useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/States";
import { say } from "../../parts/toast";
import { AddOrganization } from "./AddOrganization";
import { Retainers } from "./Retainers";
import styles from "./SettingsPage.module.css";
import { ZoneInput } from "./ZoneInput";

export function OrganizationForm() {
  const t = useText();
  const { organizations, person } = useMe();
  const { org } = useSearch({ from: "/inside" });
  const [chosen, setChosen] = useState(org ?? organizations[0]?.id ?? "");
  const { data, error, refetch } = useQuery({ ...organization(chosen), enabled: chosen !== "" });
  return (
    <>
      <section className={styles.panel} aria-labelledby="organization">
        <h2 id="organization">{t.settings.organization.title}</h2>
        <div className={styles.form}>
          {organizations.length > 1 && (
            <NativeSelect label={t.settings.organization.choose} data={organizations.map(({ id, name }) => ({ value: id, label: name }))} value={chosen} onChange={(event) => setChosen(event.currentTarget.value)} />
          )}
          {error !== null && data === undefined ? <Failure error={error} retry={() => void refetch()} /> : data === undefined ? <Loading /> : <Form key={`${data.id}-${data.version}`} organization={data} />}
        </div>
      </section>
      {chosen !== "" && <Retainers key={chosen} org={chosen} />}
      {person.roles.includes("operator") && <AddOrganization show={setChosen} />}
    </>
  );
}

function Form(props: { organization: Organization }) {
  const t = useText();
  const client = useQueryClient();
  const [draft, setDraft] = useState(props.organization);
  const save = useMutation({
    mutationFn: () => {
      const { id, version, drill: _, ...rest } = draft;
      const contacts = rest.contacts.map((address) => address.trim()).filter((address) => address !== "");
      return put(`/organizations/${encodeURIComponent(id)}`, { ...rest, contacts, expected_version: version });
    },
    onSuccess: async () => {
      await Promise.all([["organization"], ["me"]].map((queryKey) => client.invalidateQueries({ queryKey })));
      say(t.settings.saved);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <TextInput label={t.settings.organization.name} required value={draft.name} onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })} />
      <NativeSelect
        label={t.settings.organization.language}
        data={(["ja", "en"] as const).map((each) => ({ value: each, label: t.words.language[each] }))}
        value={draft.language}
        onChange={(event) => setDraft({ ...draft, language: event.currentTarget.value === "en" ? "en" : "ja" })}
      />
      <ZoneInput label={t.settings.organization.zone} value={draft.time_zone} change={(time_zone) => setDraft({ ...draft, time_zone })} />
      <NumberInput
        label={t.settings.organization.retention}
        description={t.settings.organization.retentionNote}
        required
        min={1}
        max={3650}
        allowDecimal={false}
        value={draft.retention_days}
        onChange={(days) => setDraft({ ...draft, retention_days: Number(days) })}
      />
      <Textarea
        label={t.settings.organization.contacts}
        description={t.settings.organization.contactsNote}
        autosize
        minRows={2}
        value={draft.contacts.join("\n")}
        onChange={(event) => setDraft({ ...draft, contacts: event.currentTarget.value.split("\n") })}
      />
      {save.error !== null && <Failure error={save.error} />}
      <div className={styles.buttons}>
        <Button type="submit" loading={save.isPending}>
          {t.settings.organization.save}
        </Button>
      </div>
    </form>
  );
}
