import { Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { post } from "../../api/client";
import { useMe } from "../../api/queries";
import type { ExceptionEntry } from "../../api/types";
import { useText } from "../../i18n/language";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { say } from "../../parts/toast";
import { oneOf } from "../../url/search";

const KINDS = ["hash", "path", "signer", "behaviour"] as const satisfies readonly ExceptionEntry["kind"][];

/** Names the value as its kind does. */
function excused(kind: ExceptionEntry["kind"], value: string, image: string) {
  if (kind === "hash") return { kind, hash: value };
  if (kind === "path") return { kind, pattern: value };
  if (kind === "signer") return { kind, name: value };
  return { kind, rule_id: value, image: image === "" ? null : image };
}

/** `from`: `hash:…` or `path:…` brought from an alert, or a kind alone. */
export function AddException(props: { from: string; onClose: () => void }) {
  const t = useText();
  const client = useQueryClient();
  const { organizations } = useMe();
  const { org: here } = useSearch({ from: "/inside/settings" });
  const cut = props.from.indexOf(":");
  const [kind, setKind] = useState<ExceptionEntry["kind"]>(oneOf(props.from.slice(0, cut), KINDS) ?? "hash");
  const [value, setValue] = useState(props.from.slice(cut + 1));
  const [image, setImage] = useState("");
  const [org, setOrg] = useState(here ?? organizations[0]?.id ?? "");
  const [until, setUntil] = useState("");
  const [inEffect, setInEffect] = useState(false);
  const act = async (reason: string) => {
    const end = until === "" ? null : new Date(`${until}T23:59:59`).toISOString();
    await post("/exceptions", { org, excused: excused(kind, value.trim(), image.trim()), reason, in_effect: inEffect, until: end });
    await client.invalidateQueries({ queryKey: ["exceptions"] });
    say(t.settings.exceptions.added);
  };
  return (
    <ReasonDialog title={t.settings.exceptions.add} act={t.settings.exceptions.add} draft="exception.add" placeholder={t.settings.exceptions.reasonHint} onClose={props.onClose} onAct={act}>
      <NativeSelect
        label={t.settings.exceptions.kind}
        data={KINDS.map((each) => ({ value: each, label: t.settings.exceptions.kinds[each] }))}
        value={kind}
        onChange={(event) => setKind(oneOf(event.currentTarget.value, KINDS) ?? kind)}
      />
      <TextInput label={kind === "behaviour" ? t.settings.exceptions.ruleId : t.settings.exceptions.value} required value={value} onChange={(event) => setValue(event.currentTarget.value)} styles={{ input: { fontFamily: "var(--mono)" } }} />
      {kind === "behaviour" && <TextInput label={t.settings.exceptions.image} description={t.settings.exceptions.imageNote} value={image} onChange={(event) => setImage(event.currentTarget.value)} />}
      <NativeSelect label={t.settings.exceptions.org} data={organizations.map((each) => ({ value: each.id, label: each.name }))} value={org} onChange={(event) => setOrg(event.currentTarget.value)} />
      <TextInput type="date" label={t.settings.exceptions.until} description={t.settings.exceptions.untilNote} value={until} onChange={(event) => setUntil(event.currentTarget.value)} />
      <Checkbox label={t.settings.exceptions.inEffect} description={t.settings.exceptions.inEffectNote} checked={inEffect} onChange={(event) => setInEffect(event.currentTarget.checked)} />
    </ReasonDialog>
  );
}
