import { NativeSelect } from "@mantine/core";
import { useMe } from "../../api/queries";
import type { Role } from "../../api/types";
import { useText } from "../../i18n/language";

const ROLES = ["operator", "incident_lead", "analyst", "reader"] as const satisfies readonly Role[];

/** A role in one organisation, or everywhere (`org` is null). No role (null) takes it away. */
export interface RoleChoice {
  role: Role | null;
  org: string | null;
}

export function RoleFields(props: { value: RoleChoice; everywhere: boolean; mayBeNone: boolean; change: (value: RoleChoice) => void }) {
  const t = useText();
  const { organizations } = useMe();
  const { role, org } = props.value;
  const places = organizations.map(({ id, name }) => ({ value: id, label: name }));
  const all = props.everywhere ? [{ value: "", label: t.settings.people.everywhere }] : [];
  const none = props.mayBeNone ? [{ value: "", label: t.settings.people.noRole }] : [];
  return (
    <>
      <NativeSelect label={t.settings.people.org} data={[...places, ...all]} value={org ?? ""} onChange={(event) => props.change({ role, org: event.currentTarget.value || null })} />
      <NativeSelect
        label={t.settings.people.role}
        description={role === null ? undefined : t.settings.people.roleNotes[role]}
        data={[...ROLES.map((each) => ({ value: each as string, label: t.words.role[each] })), ...none]}
        value={role ?? ""}
        onChange={(event) => props.change({ org, role: ROLES.find((each) => each === event.currentTarget.value) ?? null })}
      />
    </>
  );
}
