/** The dialog that brings a list, or a new file for one. Lines that could not be used are named before it closes. */
import { Button, FileInput, Modal, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { send } from "../../api/client";
import { useMe } from "../../api/queries";
import type { ReferenceList, TakenList } from "../../api/types";
import { useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import dialog from "../../parts/ReasonDialog.module.css";
import { say } from "../../parts/toast";

const KINDS = ["bad", "good"] as const satisfies readonly ReferenceList["kind"][];

export function UploadList(props: { list?: ReferenceList; onClose: () => void }) {
  const t = useText();
  const [taken, setTaken] = useState<TakenList | null>(null);
  const title = props.list === undefined ? t.settings.lists.upload : t.settings.lists.replaceTitle(props.list.name);
  const done = (answer: TakenList) => {
    say(t.settings.lists.uploaded(answer.item.entries));
    if (answer.item.rejected === 0) props.onClose();
    else setTaken(answer);
  };
  return (
    <Modal opened onClose={props.onClose} title={title} size="lg" closeButtonProps={{ "aria-label": t.parts.close }}>
      {taken === null ? <Form list={props.list} done={done} onClose={props.onClose} /> : <Defects taken={taken} onClose={props.onClose} />}
    </Modal>
  );
}

function Form(props: { list: ReferenceList | undefined; done: (taken: TakenList) => void; onClose: () => void }) {
  const t = useText();
  const client = useQueryClient();
  const { person, organizations } = useMe();
  const { org: here } = useSearch({ from: "/inside/settings" });
  const { list } = props;
  const [file, setFile] = useState<File | null>(null);
  const [name, setName] = useState(list?.name ?? "");
  const [kind, setKind] = useState<ReferenceList["kind"]>(list?.kind ?? "bad");
  const [source, setSource] = useState(list?.source ?? "");
  const [org, setOrg] = useState(here ?? organizations[0]?.id ?? "");
  const [until, setUntil] = useState("");
  const upload = useMutation({
    mutationFn: (chosen: File) => {
      const end = until === "" ? undefined : new Date(`${until}T23:59:59`).toISOString();
      const about = { name, kind, source, until: end };
      return list === undefined
        ? send<TakenList>("POST", "/lists", { ...about, org }, chosen)
        : send<TakenList>("PUT", `/lists/${encodeURIComponent(list.id)}`, { ...about, expected_version: list.version }, chosen);
    },
    onSuccess: async (answer) => {
      await client.invalidateQueries({ queryKey: ["reference_lists"] });
      props.done(answer);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (file !== null) upload.mutate(file);
  };
  const places = organizations.map((each) => ({ value: each.id, label: each.name }));
  if (person.roles.includes("operator")) places.push({ value: "", label: t.settings.lists.everywhere });
  return (
    <form className={dialog.form} onSubmit={submit}>
      <FileInput label={t.settings.lists.file} description={t.settings.lists.fileNote} placeholder={t.settings.lists.choose} required clearable value={file} onChange={setFile} />
      <TextInput label={t.settings.lists.name} description={t.settings.lists.nameNote} required value={name} onChange={(event) => setName(event.currentTarget.value)} />
      <NativeSelect
        label={t.settings.lists.kind}
        data={KINDS.map((each) => ({ value: each, label: t.settings.lists.kinds[each] }))}
        value={kind}
        onChange={(event) => setKind(event.currentTarget.value === "good" ? "good" : "bad")}
      />
      <TextInput label={t.settings.lists.source} description={t.settings.lists.sourceNote} required value={source} onChange={(event) => setSource(event.currentTarget.value)} />
      {list === undefined && <NativeSelect label={t.settings.lists.org} data={places} value={org} onChange={(event) => setOrg(event.currentTarget.value)} />}
      <TextInput type="date" label={t.settings.lists.until} description={t.settings.lists.untilNote} value={until} onChange={(event) => setUntil(event.currentTarget.value)} />
      {upload.error !== null && <Failure error={upload.error} />}
      <div className={dialog.foot}>
        <Button variant="default" onClick={props.onClose}>
          {t.parts.cancel}
        </Button>
        <Button type="submit" loading={upload.isPending} disabled={file === null}>
          {list === undefined ? t.settings.lists.upload : t.settings.lists.replace}
        </Button>
      </div>
    </form>
  );
}

function Defects(props: { taken: TakenList; onClose: () => void }) {
  const t = useText();
  const { item, defects } = props.taken;
  return (
    <div className={dialog.form}>
      <p>{t.settings.lists.taken(item.entries, item.rejected)}</p>
      <ul>
        {defects.map((defect, index) => (
          <li key={`${defect.line}:${index}`}>{t.settings.lists.defect(defect.line, defect.reason)}</li>
        ))}
      </ul>
      {item.rejected > defects.length && <p>{t.settings.lists.more(item.rejected - defects.length)}</p>}
      <div className={dialog.foot}>
        <Button onClick={props.onClose} data-autofocus>
          {t.parts.close}
        </Button>
      </div>
    </div>
  );
}
