import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { get, post, remove } from "../../api/client";
import { useMe } from "../../api/queries";
import type { ExceptionEntry } from "../../api/types";
import { useText } from "../../i18n/language";
import { Value } from "../../indicator/Value";
import { Failure } from "../../parts/Failure";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { Empty, Loading } from "../../parts/States";
import { Time } from "../../parts/Time";
import { say } from "../../parts/toast";
import { oneOf } from "../../url/search";
import styles from "./SettingsPage.module.css";

const KINDS = ["sha256", "path", "signer"] as const satisfies readonly ExceptionEntry["kind"][];

export function Exceptions() {
  const t = useText();
  const { add, org } = useSearch({ from: "/inside/settings" });
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery({ queryKey: ["exceptions", org], queryFn: ({ signal }) => get<{ items: ExceptionEntry[] }>("/exceptions", { org }, signal).then(({ items }) => items) });
  const open = (value: string | undefined) => void navigate({ to: "/settings", search: (before) => ({ org: before.org, tab: "exceptions" as const, add: value }) });
  return (
    <section className={styles.panel} aria-labelledby="exceptions">
      <h2 id="exceptions">{t.settings.exceptions.title}</h2>
      <p>{t.settings.exceptions.lead}</p>
      {error !== null && data === undefined ? (
        <Failure error={error} retry={() => void refetch()} />
      ) : data === undefined ? (
        <Loading />
      ) : data.length === 0 ? (
        <Empty title={t.settings.exceptions.none}>{t.settings.exceptions.noneNext}</Empty>
      ) : (
        <List entries={data} />
      )}
      <Button mt="md" onClick={() => open("sha256:")}>
        {t.settings.exceptions.add}
      </Button>
      {add !== undefined && <Add key={add} from={add} onClose={() => open(undefined)} />}
    </section>
  );
}

function List(props: { entries: ExceptionEntry[] }) {
  const t = useText();
  const client = useQueryClient();
  const [removing, setRemoving] = useState<ExceptionEntry | null>(null);
  const head = t.settings.exceptions.columns;
  const drop = async (entry: ExceptionEntry) => {
    await remove(`/exceptions/${encodeURIComponent(entry.id)}`);
    await client.invalidateQueries({ queryKey: ["exceptions"] });
    say(t.settings.exceptions.removed);
  };
  return (
    <div className={styles.scroll}>
      <table>
        <thead>
          <tr>
            <th scope="col">{head.kind}</th>
            <th scope="col">{head.value}</th>
            <th scope="col">{head.reason}</th>
            <th scope="col">{head.until}</th>
            <th scope="col">{head.by}</th>
            <th scope="col">
              <span className="only-read">{t.settings.exceptions.remove}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {props.entries.map((entry) => (
            <tr key={entry.id}>
              <td>{t.settings.exceptions.kinds[entry.kind]}</td>
              <td>
                <Value name={entry.kind} value={entry.value} org={entry.org} />
              </td>
              <td>{entry.reason}</td>
              <td>{entry.until === null ? t.settings.exceptions.forever : <Time at={entry.until} form="short" />}</td>
              <td>
                {entry.by?.name} <Time at={entry.at} form="short" />
              </td>
              <td>
                <Button size="compact-xs" variant="default" onClick={() => setRemoving(entry)} aria-label={t.settings.exceptions.removeTitle(entry.value)}>
                  {t.settings.exceptions.remove}
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {removing !== null && (
        <ReasonDialog
          title={t.settings.exceptions.removeTitle(removing.value.slice(0, 40))}
          act={t.settings.exceptions.remove}
          draft={`exception.remove.${removing.id}`}
          onClose={() => setRemoving(null)}
          onAct={() => drop(removing)}
        />
      )}
    </div>
  );
}

/** `sha256:…` from an alert, or empty. */
function Add(props: { from: string; onClose: () => void }) {
  const t = useText();
  const client = useQueryClient();
  const { organizations } = useMe();
  const { org: here } = useSearch({ from: "/inside/settings" });
  const cut = props.from.indexOf(":");
  const [kind, setKind] = useState(oneOf(props.from.slice(0, cut), KINDS) ?? "sha256");
  const [value, setValue] = useState(props.from.slice(cut + 1));
  const [org, setOrg] = useState(here ?? organizations[0]?.id ?? "");
  const [until, setUntil] = useState("");
  const act = async (reason: string) => {
    await post("/exceptions", { org, kind, value: value.trim(), reason, until: until === "" ? null : new Date(`${until}T23:59:59`).toISOString() });
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
      <TextInput label={t.settings.exceptions.value} required value={value} onChange={(event) => setValue(event.currentTarget.value)} styles={{ input: { fontFamily: "var(--mono)" } }} />
      <NativeSelect label={t.settings.exceptions.org} data={organizations.map((each) => ({ value: each.id, label: each.name }))} value={org} onChange={(event) => setOrg(event.currentTarget.value)} />
      <TextInput type="date" label={t.settings.exceptions.until} description={t.settings.exceptions.untilNote} value={until} onChange={(event) => setUntil(event.currentTarget.value)} />
    </ReasonDialog>
  );
}
