import { Button, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { put } from "../../api/client";
import { useMe } from "../../api/queries";
import type { PersonRow } from "../../api/types";
import { useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import dialog from "../../parts/ReasonDialog.module.css";
import { say } from "../../parts/toast";
import { type RoleChoice, RoleFields } from "./RoleFields";

/** One role a place: what is chosen here stands in place of what the person holds there. */
export function RoleDialog(props: { person: PersonRow; everywhere: boolean; onClose: () => void }) {
  const t = useText();
  const client = useQueryClient();
  const { person } = props;
  const { organizations } = useMe();
  const heldAt = (org: string | null) => person.roles.find((each) => each.org === org)?.role ?? null;
  const first = person.roles[0]?.org ?? (person.roles.length > 0 ? null : (organizations[0]?.id ?? null));
  const [choice, setChoice] = useState<RoleChoice>({ org: first, role: heldAt(first) });
  const save = useMutation({
    mutationFn: () => put(`/people/${encodeURIComponent(person.id)}/role`, { ...choice, expected_version: person.version }),
    onSuccess: () => {
      say(t.settings.people.roleChanged);
      props.onClose();
    },
    onSettled: () => Promise.all([["people"], ["me"], ["colleagues"]].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const change = (next: RoleChoice) => setChoice(next.org === choice.org ? next : { org: next.org, role: heldAt(next.org) });
  return (
    <Modal opened onClose={props.onClose} title={t.settings.people.changeRoleTitle(person.name)} closeButtonProps={{ "aria-label": t.parts.close }}>
      <form className={dialog.form} onSubmit={submit}>
        <RoleFields value={choice} everywhere={props.everywhere} mayBeNone change={change} />
        <p>{t.settings.people.changeRoleNote}</p>
        {save.error !== null && <Failure error={save.error} />}
        <div className={dialog.foot}>
          <Button variant="default" onClick={props.onClose}>
            {t.parts.cancel}
          </Button>
          <Button type="submit" loading={save.isPending} disabled={choice.role === heldAt(choice.org)}>
            {t.settings.people.changeRole}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
