/** Reference lists: which hashes, names and addresses verdicts take as known bad or known good. */
import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { get, remove } from "../../api/client";
import { useMe } from "../../api/queries";
import type { ReferenceList } from "../../api/types";
import type { Dictionary } from "../../i18n/dictionary";
import { useText } from "../../i18n/language";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { Time } from "../../parts/Time";
import { say } from "../../parts/toast";
import { Panel, SettingsTable } from "./Panel";
import styles from "./SettingsPage.module.css";
import { UploadList } from "./UploadList";

const lists = { queryKey: ["reference_lists"], queryFn: () => get<{ items: ReferenceList[] }>("/lists").then(({ items }) => items) };

export function Lists() {
  const t = useText();
  const { org } = useSearch({ from: "/inside/settings" });
  const { roles } = useMe().person;
  const { data, error, refetch } = useQuery(lists);
  const [uploading, setUploading] = useState(false);
  const shown = data?.filter((list) => org === undefined || list.org === null || list.org === org);
  const mayEdit = roles.some((role) => role !== "reader");
  return (
    <Panel
      id="lists"
      title={t.settings.lists.title}
      lead={t.settings.lists.lead}
      items={shown}
      error={error}
      retry={refetch}
      none={{ title: t.settings.lists.none, next: t.settings.lists.noneNext }}
      table={(items) => <Table lists={items} mayEdit={mayEdit} />}
    >
      {mayEdit && (
        <Button mt="md" onClick={() => setUploading(true)}>
          {t.settings.lists.upload}
        </Button>
      )}
      {uploading && <UploadList onClose={() => setUploading(false)} />}
    </Panel>
  );
}

function Table(props: { lists: ReferenceList[]; mayEdit: boolean }) {
  const t = useText();
  const [replacing, setReplacing] = useState<ReferenceList | null>(null);
  const [removing, setRemoving] = useState<ReferenceList | null>(null);
  const head = t.settings.lists.columns;
  return (
    <>
      <SettingsTable heads={[head.name, head.kind, head.entries, head.uploaded, head.until]} act={head.actions}>
        {props.lists.map((list) => (
          <Row key={list.id} list={list} mayEdit={props.mayEdit} replace={() => setReplacing(list)} remove={() => setRemoving(list)} />
        ))}
      </SettingsTable>
      {replacing !== null && <UploadList list={replacing} onClose={() => setReplacing(null)} />}
      {removing !== null && <Remove list={removing} onClose={() => setRemoving(null)} />}
    </>
  );
}

function Row(props: { list: ReferenceList; mayEdit: boolean; replace: () => void; remove: () => void }) {
  const t = useText();
  const { list } = props;
  return (
    <tr>
      <td>
        {list.name}
        <span className={styles.reason}>{list.source}</span>
        <span className={styles.reason}>{list.org === null ? t.settings.lists.everywhere : list.org_name}</span>
      </td>
      <td>{t.settings.lists.kinds[list.kind]}</td>
      <td>
        {t.settings.lists.entries(list.entries)}
        {list.rejected > 0 && <span className={styles.reason}>{t.settings.lists.rejected(list.rejected)}</span>}
        {list.search !== null && <span className={styles.reason}>{searched(t.settings.lists, list.search)}</span>}
        {list.search !== null && list.search.not_raised > 0 && <span className={styles.reason}>{t.settings.lists.notRaised(list.search.not_raised)}</span>}
      </td>
      <td>
        <Time at={list.uploaded_at} form="short" />
        <span className={styles.reason}>{list.by.name}</span>
      </td>
      <td>
        {list.until === null ? t.settings.lists.noEnd : <Time at={list.until} form="short" />}
        {list.expired && <span className={styles.reason}>{t.settings.lists.expired}</span>}
      </td>
      <td>
        {props.mayEdit && (
          <>
            <Button size="compact-xs" variant="default" onClick={props.replace} aria-label={t.settings.lists.replaceTitle(list.name)}>
              {t.settings.lists.replace}
            </Button>{" "}
            <Button size="compact-xs" variant="default" onClick={props.remove} aria-label={t.settings.lists.removeTitle(list.name)}>
              {t.settings.lists.remove}
            </Button>
          </>
        )}
      </td>
    </tr>
  );
}

function Remove(props: { list: ReferenceList; onClose: () => void }) {
  const t = useText();
  const client = useQueryClient();
  const act = async (reason: string) => {
    await remove(`/lists/${encodeURIComponent(props.list.id)}`, { reason });
    await client.invalidateQueries({ queryKey: lists.queryKey });
    say(t.settings.lists.removed);
  };
  return (
    <ReasonDialog title={t.settings.lists.removeTitle(props.list.name)} act={t.settings.lists.remove} draft={`list.remove.${props.list.id}`} onClose={props.onClose} onAct={act}>
      <p>{t.settings.lists.removeNote}</p>
    </ReasonDialog>
  );
}

/** How far the search of the past has come, and what it has found. */
function searched(texts: Dictionary["settings"]["lists"], search: NonNullable<ReferenceList["search"]>): string {
  if (search.state === "searching") return texts.searching;
  if (search.state === "ended" && search.values === 0) return texts.searchEndedEarly;
  if (search.values === 0 && !search.more) return texts.searchedNone;
  const counted = texts.searched(search.values, search.hosts);
  const found = search.more ? texts.searchedMore(counted) : counted;
  if (search.state === "ended") return texts.searchEnded(found);
  return search.state === "raising" ? texts.searchRaising(found) : found;
}
