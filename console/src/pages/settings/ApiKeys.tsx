import { Button, Modal, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { get, post, remove } from "../../api/client";
import { useMe } from "../../api/queries";
import type { ApiKey } from "../../api/types";
import { useText } from "../../i18n/language";
import { CopyButton } from "../../parts/CopyButton";
import { Failure } from "../../parts/Failure";
import dialog from "../../parts/ReasonDialog.module.css";
import { Time } from "../../parts/Time";
import { say } from "../../parts/toast";
import { Panel, SettingsTable } from "./Panel";
import styles from "./SettingsPage.module.css";

const keys = { queryKey: ["api-keys"], queryFn: () => get<{ items: ApiKey[] }>("/api-keys").then(({ items }) => items) };

export function ApiKeys() {
  const t = useText();
  const { data, error, refetch } = useQuery(keys);
  return (
    <>
      <Panel
        id="keys"
        title={t.settings.keys.title}
        lead={t.settings.keys.lead}
        items={data}
        error={error}
        retry={refetch}
        none={{ title: t.settings.keys.none, next: t.settings.keys.noneNext }}
        table={(items) => <List keys={items} />}
      />
      <Create />
    </>
  );
}

function List(props: { keys: ApiKey[] }) {
  const t = useText();
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const head = t.settings.keys.columns;
  return (
    <>
      <SettingsTable heads={[head.name, head.org, head.hosts, head.created, head.state]}>
        {props.keys.map((key) => (
          <tr key={key.id}>
            <td>{key.name}</td>
            <td>{key.org_name}</td>
            <td>{key.hosts.length === 0 ? t.settings.keys.anyHost : key.hosts.join(", ")}</td>
            <td>
              <Time at={key.created_at} form="short" />
            </td>
            <td>
              {key.revoked_at === null ? (
                <Button size="compact-xs" variant="default" onClick={() => setRevoking(key)} aria-label={t.settings.keys.revokeTitle(key.name)}>
                  {t.settings.keys.revoke}
                </Button>
              ) : (
                <>
                  {t.settings.keys.isRevoked} <Time at={key.revoked_at} form="short" />
                </>
              )}
            </td>
          </tr>
        ))}
      </SettingsTable>
      {revoking !== null && <Revoke of={revoking} onClose={() => setRevoking(null)} />}
    </>
  );
}

function Revoke(props: { of: ApiKey; onClose: () => void }) {
  const t = useText();
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => remove(`/api-keys/${encodeURIComponent(props.of.id)}`),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["api-keys"] });
      say(t.settings.keys.revoked);
      props.onClose();
    },
  });
  return (
    <Modal opened onClose={props.onClose} title={t.settings.keys.revokeTitle(props.of.name)} closeButtonProps={{ "aria-label": t.parts.close }}>
      <div className={dialog.form}>
        <p>{t.settings.keys.revokeNote}</p>
        {revoke.error !== null && <Failure error={revoke.error} />}
        <div className={dialog.foot}>
          <Button variant="default" onClick={props.onClose} data-autofocus>
            {t.parts.cancel}
          </Button>
          <Button loading={revoke.isPending} onClick={() => revoke.mutate()}>
            {t.settings.keys.revokeTitle(props.of.name)}
          </Button>
        </div>
      </div>
    </Modal>
  );
}

function Create() {
  const t = useText();
  const client = useQueryClient();
  const { organizations } = useMe();
  const [name, setName] = useState("");
  const [org, setOrg] = useState(organizations[0]?.id ?? "");
  const [hosts, setHosts] = useState("");
  const create = useMutation({
    mutationFn: () => {
      const named = hosts.split(/[,、\s]+/).filter((host) => host !== "");
      return post<{ key: string }>("/api-keys", { name: name.trim(), org, ...(named.length === 0 ? {} : { hosts: named }) });
    },
    onSuccess: () => {
      setName("");
      setHosts("");
      return client.invalidateQueries({ queryKey: ["api-keys"] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <section className={styles.panel} aria-labelledby="create">
      <h2 id="create">{t.settings.keys.create}</h2>
      {create.data !== undefined && (
        <div className={styles.secret} role="status">
          <div>
            {t.settings.keys.shown}
            <br />
            <code>{create.data.key}</code> <CopyButton value={create.data.key} />
          </div>
        </div>
      )}
      <form className={styles.form} onSubmit={submit}>
        <TextInput label={t.settings.keys.name} placeholder={t.settings.keys.nameHint} required value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <NativeSelect label={t.settings.keys.org} data={organizations.map((each) => ({ value: each.id, label: each.name }))} value={org} onChange={(event) => setOrg(event.currentTarget.value)} />
        <TextInput label={t.settings.keys.hosts} description={t.settings.keys.hostsNote} value={hosts} onChange={(event) => setHosts(event.currentTarget.value)} />
        {create.error !== null && <Failure error={create.error} />}
        <div className={styles.buttons}>
          <Button type="submit" loading={create.isPending}>
            {t.settings.keys.create}
          </Button>
        </div>
      </form>
    </section>
  );
}
