/** Who may enter and do what: people are invited, given roles, let out. */
import { Button, Menu } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { MoreHorizontal } from "lucide-react";
import { useState } from "react";
import { get, post } from "../../api/client";
import type { InvitedPerson, PersonRow } from "../../api/types";
import { useText } from "../../i18n/language";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { say } from "../../parts/toast";
import { useSayFailure } from "../../parts/useSayFailure";
import { Invite } from "./Invite";
import { LinkOnce } from "./LinkOnce";
import { RoleDialog } from "./RoleDialog";
import { Panel, SettingsTable } from "./Panel";
import styles from "./SettingsPage.module.css";

const people = { queryKey: ["people"], queryFn: () => get<{ items: PersonRow[] }>("/people").then(({ items }) => items) };

export function People() {
  const t = useText();
  const { data, error, refetch } = useQuery(people);
  const [link, setLink] = useState<InvitedPerson | null>(null);
  // Whoever works everywhere may let others in everywhere.
  const everywhere = data?.some((person) => person.oneself && person.roles.some(({ role, org }) => role === "operator" && org === null)) ?? false;
  return (
    <>
      <Panel
        id="people"
        title={t.settings.people.title}
        lead={t.settings.people.lead}
        above={link !== null && <LinkOnce invited={link} />}
        items={data}
        error={error}
        retry={refetch}
        table={(items) => <List people={items} everywhere={everywhere} show={setLink} />}
      />
      {data !== undefined && <Invite everywhere={everywhere} show={setLink} />}
    </>
  );
}

function List(props: { people: PersonRow[]; everywhere: boolean; show: (link: InvitedPerson) => void }) {
  const t = useText();
  const head = t.settings.people.columns;
  return (
    <SettingsTable heads={[head.name, head.roles, head.state]}>
      {props.people.map((person) => (
        <tr key={person.id}>
          <td>
            {person.name}
            {person.oneself && ` (${t.settings.people.oneself})`}
            <span className={`${styles.reason} ${styles.anywhere}`}>{person.email}</span>
          </td>
          <td>
            <Roles of={person} />
          </td>
          <td className={styles.withMenu}>
            {t.settings.people.states[person.state]}
            <Actions {...props} person={person} />
          </td>
        </tr>
      ))}
    </SettingsTable>
  );
}

function Roles(props: { of: PersonRow }) {
  const t = useText();
  const { roles } = props.of;
  if (roles.length === 0) return <>{t.settings.people.noRole}</>;
  return roles.map(({ role, org, org_name }) => <div key={org}>{t.settings.people.roleAt(t.words.role[role], org_name ?? t.settings.people.everywhere)}</div>);
}

function Actions(props: { person: PersonRow; everywhere: boolean; show: (link: InvitedPerson) => void }) {
  const t = useText();
  const client = useQueryClient();
  const sayFailure = useSayFailure();
  const { person } = props;
  const [dialog, setDialog] = useState<"role" | "disable" | "factor" | null>(null);
  const shut = () => setDialog(null);
  const path = `/people/${encodeURIComponent(person.id)}`;
  const fresh = () => client.invalidateQueries({ queryKey: ["people"] });
  const link = useMutation({ mutationFn: () => post<InvitedPerson>(`${path}/link`), onSuccess: props.show, onError: sayFailure, onSettled: fresh });
  const enable = useMutation({ mutationFn: () => post(`${path}/enable`), onSuccess: () => say(t.settings.people.enabled), onError: sayFailure, onSettled: fresh });
  const disable = async (reason: string) => {
    await post(`${path}/disable`, { reason });
    await fresh();
    say(t.settings.people.disabled);
  };
  const reset = async (reason: string) => {
    await post(`${path}/second-factor/reset`, { reason });
    await fresh();
    say(t.settings.people.secondFactorResetDone);
  };
  const mayEnter = person.state !== "disabled";
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size="xs" variant="default" px={8} aria-label={t.settings.people.actionsOn(person.name)}>
            <MoreHorizontal size={16} aria-hidden />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setDialog("role")}>{t.settings.people.changeRole}</Menu.Item>
          {person.whole && mayEnter && <Menu.Item onClick={() => link.mutate()}>{t.settings.people.link}</Menu.Item>}
          {person.whole && person.has_second_factor && !person.oneself && <Menu.Item onClick={() => setDialog("factor")}>{t.settings.people.secondFactorReset}</Menu.Item>}
          {person.whole && mayEnter && !person.oneself && <Menu.Item onClick={() => setDialog("disable")}>{t.settings.people.disable}</Menu.Item>}
          {person.whole && !mayEnter && <Menu.Item onClick={() => enable.mutate()}>{t.settings.people.enable}</Menu.Item>}
          {!person.whole && <Menu.Label>{t.settings.people.partly}</Menu.Label>}
        </Menu.Dropdown>
      </Menu>
      {dialog === "role" && <RoleDialog person={person} everywhere={props.everywhere} onClose={shut} />}
      {dialog === "factor" && (
        <ReasonDialog
          title={t.settings.people.secondFactorResetTitle(person.name)}
          act={t.settings.people.secondFactorReset}
          draft={`factor.${person.id}`}
          placeholder={t.settings.people.secondFactorResetHint}
          onClose={shut}
          onAct={reset}
        >
          <p>{t.settings.people.secondFactorResetNote}</p>
        </ReasonDialog>
      )}
      {dialog === "disable" && (
        <ReasonDialog
          title={t.settings.people.disableTitle(person.name)}
          act={t.settings.people.disableTitle(person.name)}
          draft={`disable.${person.id}`}
          placeholder={t.settings.people.disableHint}
          onClose={shut}
          onAct={disable}
        >
          <p>{t.settings.people.disableNote}</p>
        </ReasonDialog>
      )}
    </>
  );
}
