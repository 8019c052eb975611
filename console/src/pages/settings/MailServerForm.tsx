import { Button, NativeSelect, NumberInput, PasswordInput, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { get, post, put } from "../../api/client";
import type { MailServer, MailSettings } from "../../api/types";
import { useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/States";
import { say } from "../../parts/toast";
import { oneOf } from "../../url/search";
import styles from "./SettingsPage.module.css";

const SECURITIES = ["tls", "starttls", "plain"] as const satisfies readonly MailServer["security"][];
const EMPTY: MailServer = { host: "", port: 587, security: "starttls", user: null, has_password: false, from: "" };

export function MailServerForm() {
  const t = useText();
  const { data, error, refetch } = useQuery({ queryKey: ["settings", "mail"], queryFn: ({ signal }) => get<MailSettings>("/settings/mail", {}, signal) });
  return (
    <section className={styles.panel} aria-labelledby="mail">
      <h2 id="mail">{t.settings.mail.title}</h2>
      <p>{t.settings.mail.lead}</p>
      {error !== null && data === undefined ? <Failure error={error} retry={() => void refetch()} /> : data === undefined ? <Loading /> : <Form key={data.version} settings={data} />}
    </section>
  );
}

function Form(props: { settings: MailSettings }) {
  const t = useText();
  const client = useQueryClient();
  const [draft, setDraft] = useState(props.settings.mail_server ?? EMPTY);
  const [publicUrl, setPublicUrl] = useState(props.settings.public_url ?? "");
  const [password, setPassword] = useState("");
  const save = useMutation({
    mutationFn: () => {
      const { has_password: _, ...server } = draft;
      const mail_server = server.host.trim() === "" ? null : { ...server, ...(password === "" ? {} : { password }) };
      return put("/settings/mail", { mail_server, public_url: publicUrl.trim() || null, expected_version: props.settings.version });
    },
    onSuccess: async () => {
      setPassword("");
      await client.invalidateQueries({ queryKey: ["settings", "mail"] });
      say(t.settings.saved);
    },
  });
  const test = useMutation({ mutationFn: () => post<{ accepted_for: string }>("/settings/mail/test") });
  const change = (part: Partial<MailServer>) => setDraft({ ...draft, ...part });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <div className={styles.pair}>
        <TextInput label={t.settings.mail.host} description={t.settings.mail.hostNote} placeholder="mail.example.jp" value={draft.host} onChange={(event) => change({ host: event.currentTarget.value })} />
        <NumberInput label={t.settings.mail.port} required min={1} max={65535} hideControls value={draft.port} onChange={(port) => change({ port: Number(port) })} />
      </div>
      <NativeSelect
        label={t.settings.mail.security}
        data={SECURITIES.map((each) => ({ value: each, label: t.settings.mail.securities[each] }))}
        value={draft.security}
        onChange={(event) => change({ security: oneOf(event.currentTarget.value, SECURITIES) ?? "tls" })}
      />
      <TextInput label={t.settings.mail.user} autoComplete="off" value={draft.user ?? ""} onChange={(event) => change({ user: event.currentTarget.value || null })} />
      <PasswordInput
        label={t.settings.mail.password}
        description={draft.has_password ? t.settings.mail.passwordKept : undefined}
        autoComplete="new-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <TextInput label={t.settings.mail.from} type="email" required={draft.host.trim() !== ""} placeholder="hikeshi@example.jp" value={draft.from} onChange={(event) => change({ from: event.currentTarget.value })} />
      <TextInput label={t.settings.mail.publicUrl} description={t.settings.mail.publicUrlNote} type="url" placeholder="https://hikeshi.example.jp" value={publicUrl} onChange={(event) => setPublicUrl(event.currentTarget.value)} />
      {save.error !== null && <Failure error={save.error} />}
      {test.error !== null && <Failure error={test.error} />}
      {test.data !== undefined && <p role="status">{t.settings.mail.tested(test.data.accepted_for)}</p>}
      <div className={styles.buttons}>
        <Button type="submit" loading={save.isPending}>
          {t.settings.mail.save}
        </Button>
        {props.settings.mail_server !== null && (
          <Button variant="default" loading={test.isPending} onClick={() => test.mutate()}>
            {t.settings.mail.test}
          </Button>
        )}
      </div>
    </form>
  );
}
