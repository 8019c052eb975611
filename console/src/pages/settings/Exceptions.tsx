import { Button, Modal } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { get, remove } from "../../api/client";
import type { ExceptionEntry } from "../../api/types";
import { Term } from "../../glossary/Term";
import { useText } from "../../i18n/language";
import { Value } from "../../indicator/Value";
import dialog from "../../parts/ReasonDialog.module.css";
import { Time } from "../../parts/Time";
import { say } from "../../parts/toast";
import { useSayFailure } from "../../parts/useSayFailure";
import { AddException } from "./AddException";
import { Panel, SettingsTable } from "./Panel";
import styles from "./SettingsPage.module.css";

const exceptions = { queryKey: ["exceptions"], queryFn: () => get<{ items: ExceptionEntry[] }>("/exceptions").then(({ items }) => items) };

export function Exceptions() {
  const t = useText();
  const { add, org } = useSearch({ from: "/inside/settings" });
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(exceptions);
  const open = (value: string | undefined) => void navigate({ to: "/settings", search: (before) => ({ org: before.org, tab: "exceptions" as const, add: value }) });
  const shown = data?.filter((entry) => org === undefined || entry.org === org);
  return (
    <Panel
      id="exceptions"
      title={t.settings.exceptions.title}
      lead={t.settings.exceptions.lead}
      items={shown}
      error={error}
      retry={refetch}
      none={{ title: t.settings.exceptions.none, next: t.settings.exceptions.noneNext }}
      table={(items) => <List entries={items} />}
    >
      <Button mt="md" onClick={() => open("hash:")}>
        {t.settings.exceptions.add}
      </Button>
      {add !== undefined && <AddException key={add} from={add} onClose={() => open(undefined)} />}
    </Panel>
  );
}

function List(props: { entries: ExceptionEntry[] }) {
  const t = useText();
  const [ending, setEnding] = useState<ExceptionEntry | null>(null);
  const head = t.settings.exceptions.columns;
  return (
    <>
      <SettingsTable heads={[head.kind, head.value, head.reason, head.effect, head.by]} act={t.settings.exceptions.end}>
        {props.entries.map((entry) => (
          <Row key={entry.id} entry={entry} end={() => setEnding(entry)} />
        ))}
      </SettingsTable>
      {ending !== null && <End entry={ending} onClose={() => setEnding(null)} />}
    </>
  );
}

function Row(props: { entry: ExceptionEntry; end: () => void }) {
  const t = useText();
  const { entry } = props;
  return (
    <tr>
      <td>{t.settings.exceptions.kinds[entry.kind]}</td>
      <td>
        <Value name={entry.kind} value={entry.value} org={entry.org} />
        {entry.image !== null && <span className={styles.reason}>{entry.image}</span>}
      </td>
      <td>
        {entry.reason}
        {entry.list !== null && <span className={styles.reason}>{t.settings.exceptions.byList(entry.list.name, entry.list.version)}</span>}
      </td>
      <td>
        <Term name="in_effect">{t.settings.exceptions.effects[entry.effect]}</Term>
        {entry.until !== null && (
          <span className={styles.reason}>
            {t.settings.exceptions.until} <Time at={entry.until} form="short" />
          </span>
        )}
      </td>
      <td>
        {entry.by.name}
        <span className={styles.reason}>
          <Time at={entry.registered_at} form="short" />
        </span>
      </td>
      <td>
        {entry.effect !== "ended" && (
          <Button size="compact-xs" variant="default" onClick={props.end} aria-label={t.settings.exceptions.endTitle(entry.value)}>
            {t.settings.exceptions.end}
          </Button>
        )}
      </td>
    </tr>
  );
}

function End(props: { entry: ExceptionEntry; onClose: () => void }) {
  const t = useText();
  const client = useQueryClient();
  const sayFailure = useSayFailure();
  const end = async () => {
    await remove(`/exceptions/${encodeURIComponent(props.entry.id)}`);
    await client.invalidateQueries({ queryKey: ["exceptions"] });
    say(t.settings.exceptions.ended);
    props.onClose();
  };
  return (
    <Modal opened onClose={props.onClose} title={t.settings.exceptions.endTitle(props.entry.value.slice(0, 40))} closeButtonProps={{ "aria-label": t.parts.close }}>
      <div className={dialog.form}>
        <p>{t.settings.exceptions.endNote}</p>
        <div className={dialog.foot}>
          <Button variant="default" onClick={props.onClose} data-autofocus>
            {t.parts.cancel}
          </Button>
          <Button onClick={() => void end().catch(sayFailure)}>{t.settings.exceptions.end}</Button>
        </div>
      </div>
    </Modal>
  );
}
