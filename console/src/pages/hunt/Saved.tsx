import { ActionIcon, Button, Menu, Modal, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { Bookmark, BookmarkPlus, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { get, post, put, remove } from "../../api/client";
import { useMe } from "../../api/queries";
import type { SavedSearch } from "../../api/types";
import { useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import dialog from "../../parts/ReasonDialog.module.css";
import { say } from "../../parts/toast";
import { useSayFailure } from "../../parts/useSayFailure";
import menu from "../../table/TableTools.module.css";

const searches = { queryKey: ["searches"], queryFn: () => get<{ items: SavedSearch[] }>("/hunt/searches").then(({ items }) => items) };

/** Searches that the organisation shares: open, keep, overwrite, delete. */
export function Saved(props: { sql: string; choose: (sql: string) => void }) {
  const t = useText();
  const client = useQueryClient();
  const { data = [] } = useQuery(searches);
  const [saving, setSaving] = useState(false);
  const sayFailure = useSayFailure();
  const drop = useMutation({
    mutationFn: (id: string) => remove(`/hunt/searches/${encodeURIComponent(id)}`),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["searches"] });
      say(t.hunt.removed);
    },
    onError: sayFailure,
  });
  return (
    <>
      <Menu position="bottom-start" width={300}>
        <Menu.Target>
          <Button variant="default" leftSection={<Bookmark size={15} aria-hidden />}>
            {t.hunt.saved}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {data.length === 0 && <p className={menu.none}>{t.hunt.noSaved}</p>}
          {data.map((search) => (
            <div key={search.id} className={menu.view}>
              <Menu.Item flex={1} onClick={() => props.choose(search.sql)}>
                {search.name}
              </Menu.Item>
              <ActionIcon variant="subtle" aria-label={t.hunt.remove(search.name)} title={t.hunt.remove(search.name)} onClick={() => drop.mutate(search.id)}>
                <Trash2 size={15} aria-hidden />
              </ActionIcon>
            </div>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Button variant="default" leftSection={<BookmarkPlus size={15} aria-hidden />} disabled={props.sql.trim() === ""} onClick={() => setSaving(true)}>
        {t.hunt.save}
      </Button>
      {saving && <SaveDialog sql={props.sql} known={data} onClose={() => setSaving(false)} />}
    </>
  );
}

/** A name that is known already overwrites that search. */
function SaveDialog(props: { sql: string; known: SavedSearch[]; onClose: () => void }) {
  const t = useText();
  const client = useQueryClient();
  const { organizations } = useMe();
  const { org: here } = useSearch({ from: "/inside" });
  const [name, setName] = useState("");
  const [org, setOrg] = useState(here ?? organizations[0]?.id ?? "");
  const same = props.known.find((search) => search.name === name.trim());
  const keep = useMutation({
    mutationFn: () => {
      const body = { name: name.trim(), sql: props.sql };
      return same === undefined ? post("/hunt/searches", { ...body, org }) : put(`/hunt/searches/${encodeURIComponent(same.id)}`, body);
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["searches"] });
      say(t.hunt.savedDone);
      props.onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    keep.mutate();
  };
  return (
    <Modal opened onClose={props.onClose} title={t.hunt.save} closeButtonProps={{ "aria-label": t.parts.close }}>
      <form className={dialog.form} onSubmit={submit}>
        <TextInput label={t.hunt.saveName} required value={name} onChange={(event) => setName(event.currentTarget.value)} data-autofocus />
        {same === undefined && organizations.length > 1 && (
          <NativeSelect label={t.frame.organization} data={organizations.map((each) => ({ value: each.id, label: each.name }))} value={org} onChange={(event) => setOrg(event.currentTarget.value)} />
        )}
        {keep.error !== null && <Failure error={keep.error} />}
        <div className={dialog.foot}>
          <Button variant="default" onClick={props.onClose}>
            {t.parts.cancel}
          </Button>
          <Button type="submit" loading={keep.isPending}>
            {same === undefined ? t.hunt.save : t.hunt.updateSearch}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
