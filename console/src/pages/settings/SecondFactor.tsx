/** One's own second factor: set up by a QR code, recovery codes shown once, taken away by a code. */
import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { post } from "../../api/client";
import { useMe } from "../../api/queries";
import { useText } from "../../i18n/language";
import { CopyButton } from "../../parts/CopyButton";
import { Failure } from "../../parts/Failure";
import { say } from "../../parts/toast";
import styles from "./SettingsPage.module.css";

interface Enrolment {
  secret: string;
  uri: string;
  picture: string;
}

export function SecondFactor() {
  const t = useText();
  const client = useQueryClient();
  const { person } = useMe();
  const [codes, setCodes] = useState<string[] | null>(null);
  const begin = useMutation({ mutationFn: () => post<Enrolment>("/me/second-factor") });
  const fresh = () => client.invalidateQueries({ queryKey: ["me"] });
  return (
    <section className={styles.panel} aria-labelledby="second-factor">
      <h2 id="second-factor">{t.settings.me.secondFactor}</h2>
      <p>{person.has_second_factor ? t.settings.me.secondFactorOn(person.recovery_codes) : t.settings.me.secondFactorLead}</p>
      {codes !== null && <Recovery codes={codes} kept={() => setCodes(null)} />}
      {person.has_second_factor && codes === null && (
        <CodeForm
          lead={t.settings.me.secondFactorRemoveLead}
          act={t.settings.me.secondFactorRemove}
          send={async (code) => {
            await post("/me/second-factor/remove", { code });
            await fresh();
            say(t.settings.me.secondFactorRemoved);
          }}
        />
      )}
      {!person.has_second_factor && begin.data === undefined && (
        <>
          {!person.has_password && <p className={styles.reason}>{t.settings.me.noPassword}</p>}
          {begin.error !== null && <Failure error={begin.error} />}
          <div className={styles.buttons}>
            <Button variant="default" disabled={!person.has_password} loading={begin.isPending} onClick={() => begin.mutate()}>
              {t.settings.me.secondFactorBegin}
            </Button>
          </div>
        </>
      )}
      {!person.has_second_factor && begin.data !== undefined && (
        <>
          <p>{t.settings.me.secondFactorScan}</p>
          <img src={`data:image/svg+xml;utf8,${encodeURIComponent(begin.data.picture)}`} alt={t.settings.me.secondFactorPicture} width={220} height={220} />
          <p>
            {t.settings.me.secondFactorKey} <code className={styles.anywhere}>{begin.data.secret}</code> <CopyButton value={begin.data.secret} />
          </p>
          <CodeForm
            act={t.settings.me.secondFactorConfirm}
            send={async (code) => {
              const confirmed = await post<{ codes: string[] }>("/me/second-factor/confirm", { code });
              setCodes(confirmed.codes);
              begin.reset();
              await fresh();
              say(t.settings.me.secondFactorSet);
            }}
          />
        </>
      )}
    </section>
  );
}

function CodeForm(props: { lead?: string; act: string; send: (code: string) => Promise<void> }) {
  const t = useText();
  const [code, setCode] = useState("");
  const show = useMutation({ mutationFn: () => props.send(code), onSuccess: () => setCode("") });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    show.mutate();
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <TextInput
        label={t.settings.me.secondFactorCode}
        description={props.lead}
        required
        autoComplete="one-time-code"
        value={code}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
      {show.error !== null && <Failure error={show.error} />}
      <div className={styles.buttons}>
        <Button type="submit" variant="default" loading={show.isPending}>
          {props.act}
        </Button>
      </div>
    </form>
  );
}

function Recovery(props: { codes: string[]; kept: () => void }) {
  const t = useText();
  return (
    <div className={styles.secret} role="status">
      <div>
        <strong>{t.settings.me.recoveryTitle}</strong> <CopyButton value={props.codes.join("\n")} />
        <p>{t.settings.me.recoveryLead}</p>
        <ul>
          {props.codes.map((code) => (
            <li key={code}>
              <code>{code}</code>
            </li>
          ))}
        </ul>
        <Button size="xs" variant="default" onClick={props.kept}>
          {t.settings.me.recoveryKept}
        </Button>
      </div>
    </div>
  );
}
