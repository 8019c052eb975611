import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useMe } from "../../api/queries";
import type { ClockDuty, Retainer } from "../../api/types";
import { useText } from "../../i18n/language";
import { retainersOf } from "../request/queries";
import { Panel, SettingsTable } from "./Panel";
import { RetainerDialog } from "./RetainerDialog";
import styles from "./SettingsPage.module.css";

/** What an organisation has agreed with the desk: it decides rank and clocks of its requests. */
export function Retainers(props: { org: string }) {
  const t = useText();
  const may = useMe().person.roles.includes("operator");
  const { data, error, refetch } = useQuery(retainersOf(props.org));
  const [open, setOpen] = useState<Retainer | "new" | null>(null);
  const head = t.retainers.columns;
  return (
    <Panel
      id="retainers"
      title={t.retainers.title}
      lead={t.retainers.lead}
      items={data}
      error={error}
      retry={refetch}
      none={{ title: t.retainers.none, next: t.retainers.noneNext }}
      table={(items) => (
        <SettingsTable heads={[head.reference, head.term, head.services, head.terms, head.note]} {...(may ? { act: t.retainers.change } : {})}>
          {items.map((retainer) => (
            <Row key={retainer.id} retainer={retainer} change={may ? () => setOpen(retainer) : null} />
          ))}
        </SettingsTable>
      )}
    >
      {may && (
        <Button mt="md" onClick={() => setOpen("new")}>
          {t.retainers.add}
        </Button>
      )}
      {open !== null && <RetainerDialog key={open === "new" ? "new" : open.id} org={props.org} retainer={open === "new" ? null : open} onClose={() => setOpen(null)} />}
    </Panel>
  );
}

function Row(props: { retainer: Retainer; change: (() => void) | null }) {
  const t = useText();
  const { agreed, holds } = props.retainer;
  const { words } = t.requests;
  return (
    <tr>
      <td>
        {agreed.reference}
        <span className={styles.reason}>{holds ? t.retainers.holds : t.retainers.holdsNot}</span>
      </td>
      <td className={styles.short}>
        {agreed.from} –
        <br />
        {agreed.until}
      </td>
      <td>
        {agreed.services.map((service) => words.service[service]).join(t.parts.comma)}
        <span className={styles.reason}>{t.retainers.hoursOf(agreed.hours)}</span>
      </td>
      <td>
        {Object.entries(agreed.terms).map(([duty, rule]) => (
          <span key={duty} className={styles.reason}>
            {words.duty[duty as ClockDuty]} <code>{String(rule)}</code>
          </span>
        ))}
      </td>
      <td>{agreed.note}</td>
      {props.change !== null && (
        <td>
          <Button size="compact-xs" variant="default" onClick={props.change} aria-label={t.retainers.changeOf(agreed.reference)}>
            {t.retainers.change}
          </Button>
        </td>
      )}
    </tr>
  );
}
