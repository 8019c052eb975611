import { Button, Menu, Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { UserRound } from "lucide-react";
import { useState } from "react";
import { isConflict } from "../api/guarded";
import { colleagues, useMe } from "../api/queries";
import type { PersonRef } from "../api/types";
import { useText } from "../i18n/language";
import { Conflict } from "./Conflict";
import { useSayFailure } from "./useSayFailure";

/** Who works on it: me with one click, anybody else, nobody. Where somebody was faster, both choices are shown. */
export function AssignMenu(props: { assignee: PersonRef | null; assign: (person: string | null) => Promise<unknown> }) {
  const t = useText();
  const { person } = useMe();
  const { data = [] } = useQuery(colleagues);
  const sayFailure = useSayFailure();
  const [lost, setLost] = useState<{ to: string | null } | null>(null);
  const assign = (to: string | null) => {
    setLost(null);
    void props.assign(to).catch((error: unknown) => (isConflict(error) ? setLost({ to }) : sayFailure(error)));
  };
  const nameOf = (id: string | null) => (id === null ? t.words.nobody : (data.find((each) => each.id === id)?.name ?? person.name));
  const others = data.filter(({ id }) => id !== person.id);
  return (
    <>
      <Menu position="bottom-start">
        <Menu.Target>
          <Button size="xs" variant="default" leftSection={<UserRound size={15} aria-hidden />}>
            {t.parts.assign}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {props.assignee?.id !== person.id && <Menu.Item onClick={() => assign(person.id)}>{t.parts.assignMe}</Menu.Item>}
          {others.map(({ id, name }) => (
            <Menu.Item key={id} onClick={() => assign(id)} disabled={props.assignee?.id === id}>
              {name}
            </Menu.Item>
          ))}
          {props.assignee !== null && <Menu.Item onClick={() => assign(null)}>{t.parts.unassign}</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
      {lost !== null && (
        <Modal opened onClose={() => setLost(null)} title={t.parts.assign} closeButtonProps={{ "aria-label": t.parts.close }}>
          <Conflict theirs={<p>{props.assignee?.name ?? t.words.nobody}</p>} mine={<p>{nameOf(lost.to)}</p>} takeTheirs={() => setLost(null)} takeMine={() => assign(lost.to)} />
        </Modal>
      )}
    </>
  );
}
