import { Button, Menu } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { UserRound } from "lucide-react";
import { people, useMe } from "../api/queries";
import type { PersonRef } from "../api/types";
import { useText } from "../i18n/language";
import { useSayFailure } from "./useSayFailure";

/** Who works on it: me with one click, anybody else, nobody. */
export function AssignMenu(props: { assignee: PersonRef | null; assign: (person: string | null) => Promise<unknown> }) {
  const t = useText();
  const { person } = useMe();
  const { data = [] } = useQuery(people);
  const sayFailure = useSayFailure();
  const assign = (to: string | null) => void props.assign(to).catch(sayFailure);
  const others = data.filter(({ id }) => id !== person.id);
  return (
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
  );
}
