import { Button, NativeSelect } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { get, post } from "../../api/client";
import type { MessageRow, Page } from "../../api/types";
import { useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/States";
import { Time } from "../../parts/Time";
import { say } from "../../parts/toast";
import { oneOf } from "../../url/search";
import { Panel, SettingsTable } from "./Panel";
import styles from "./SettingsPage.module.css";

const STATES = ["held", "queued", "sent", "failed"] as const satisfies readonly MessageRow["state"][];

/** Every mail that the desk wrote: readable and resendable, also while no mail server is set. */
export function Outbox() {
  const t = useText();
  const [state, setState] = useState<MessageRow["state"] | undefined>(undefined);
  const { message } = useSearch({ from: "/inside/settings" });
  const { data, error, refetch } = useQuery({ queryKey: ["messages", state], queryFn: ({ signal }) => get<Page<MessageRow>>("/messages", { state }, signal) });
  return (
    <Panel
      id="outbox"
      title={t.settings.outbox.title}
      above={
          <NativeSelect
            size="xs"
            maw={200}
            mb="sm"
            aria-label={t.settings.outbox.stateLabel}
            data={[{ value: "", label: `${t.settings.outbox.stateLabel}: ${t.settings.outbox.any}` }, ...STATES.map((each) => ({ value: each, label: t.settings.outbox.states[each] }))]}
            value={state ?? ""}
            onChange={(event) => setState(oneOf(event.currentTarget.value, STATES))}
          />
      }
      items={data?.items}
      error={error}
      retry={refetch}
      none={{ title: t.settings.outbox.none, next: t.settings.outbox.noneNext }}
      table={(items) => <Mails mails={items} />}
    >
      {message !== undefined && <Mail id={message} />}
    </Panel>
  );
}

function Mails(props: { mails: MessageRow[] }) {
  const t = useText();
  const head = t.settings.outbox.columns;
  return (
    <SettingsTable heads={[head.subject, head.state, head.to, head.about, head.created]}>
      {props.mails.map((mail) => (
        <tr key={mail.id}>
          <td>
            <Link to="/settings" search={{ tab: "outbox", message: mail.id }}>
              {mail.subject}
            </Link>
          </td>
          <td className={styles.stated}>
            {t.settings.outbox.states[mail.state]}
            {mail.reason !== null && <span className={styles.reason}>{mail.reason}</span>}
          </td>
          <td className={styles.anywhere}>{mail.to.join(", ")}</td>
          <td className={styles.short}>
            <About about={mail.about} />
          </td>
          <td className={styles.short}>
            <Time at={mail.created_at} form="short" />
          </td>
        </tr>
      ))}
    </SettingsTable>
  );
}

function About(props: { about: MessageRow["about"] }) {
  const t = useText();
  const { about } = props;
  if (about === null) return null;
  if (about.kind !== "alert" && about.kind !== "case") return about.kind;
  return (
    <Link to={about.kind === "alert" ? "/alerts/$id" : "/cases/$id"} params={{ id: about.id }}>
      {about.kind === "alert" ? t.duty.alert : t.duty.case}
    </Link>
  );
}

function Mail(props: { id: string }) {
  const t = useText();
  const client = useQueryClient();
  const navigate = useNavigate();
  const path = `/messages/${encodeURIComponent(props.id)}`;
  const { data, error } = useQuery({ queryKey: ["message", props.id], queryFn: ({ signal }) => get<MessageRow>(path, {}, signal) });
  const resend = useMutation({
    mutationFn: () => post(`${path}/resend`),
    onSuccess: async () => {
      await Promise.all([["messages"], ["message"]].map((queryKey) => client.invalidateQueries({ queryKey })));
      say(t.settings.outbox.resent);
    },
  });
  if (error !== null) return <Failure error={error} />;
  if (data === undefined) return <Loading />;
  return (
    <article className={styles.message}>
      <h2>{data.subject}</h2>
      <p>
        {t.settings.outbox.columns.to}: {data.to.join(", ")} · {data.reason ?? t.settings.outbox.states[data.state]}
      </p>
      <pre aria-label={t.settings.outbox.body}>{data.body}</pre>
      {resend.error !== null && <Failure error={resend.error} />}
      <div className={styles.buttons}>
        <Button size="xs" loading={resend.isPending} onClick={() => resend.mutate()}>
          {t.settings.outbox.resend}
        </Button>
        <Button size="xs" variant="default" onClick={() => void navigate({ to: "/settings", search: { tab: "outbox" } })}>
          {t.parts.close}
        </Button>
      </div>
    </article>
  );
}
