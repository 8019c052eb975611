/** One endpoint: whether its protection blocks, who uses it, and the way to its alerts and events. */
import { Button, Checkbox, SegmentedControl, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { get, put } from "../../api/client";
import type { BlockMode, EndpointRow } from "../../api/types";
import { Term } from "../../glossary/Term";
import { useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/States";
import { Time } from "../../parts/Time";
import { usePageTitle } from "../../parts/title";
import { say } from "../../parts/toast";
import { Involved } from "./Involved";
import { Service } from "./Service";
import { oneOf } from "../../url/search";
import facts from "../case/CasePage.module.css";
import styles from "./EndpointPage.module.css";

const MODES = ["block", "non_block", "unknown"] as const satisfies readonly BlockMode[];

export function EndpointPage() {
  const t = useText();
  const { id } = useParams({ from: "/inside/endpoints/$id" });
  const { data, error, refetch } = useQuery({ queryKey: ["endpoint", id], queryFn: ({ signal }) => get<EndpointRow>(`/endpoints/${encodeURIComponent(id)}`, {}, signal) });
  usePageTitle(data?.host ?? t.endpoints.title);
  if (error !== null && data === undefined) return <Failure whole list="endpoints" error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Loading lines={6} />;
  return (
    <article className={facts.page}>
      <header className={facts.header}>
        <div className={facts.title}>
          <h1>{data.host}</h1>
          {data.serves && <span className={facts.state}>{t.endpoints.servesMark}</span>}
          {data.retired !== null && <span className={facts.state}>{t.endpoints.retired}</span>}
          <span className={facts.state}>{t.endpoints.openAlerts(data.alerts_open)}</span>
        </div>
        <dl className={facts.facts}>
          <div>
            <dt>{t.endpoints.columns.org}</dt>
            <dd>{data.org_name}</dd>
          </div>
          <div>
            <dt>{t.endpoints.columns.seen}</dt>
            <dd>
              <Time at={data.last_seen_at} form="both" /> {data.silent && <strong className={styles.silent}>{t.endpoints.silent}</strong>}
            </dd>
          </div>
          <div>
            <dt>{t.endpoints.columns.first}</dt>
            <dd>
              <Time at={data.first_seen_at} />
            </dd>
          </div>
        </dl>
        <p className={styles.links}>
          <Link to="/alerts" search={{ host: data.host, state: "all" }}>
            {t.endpoints.showAlerts}
          </Link>
          <Link to="/hunt" search={{ sql: `SELECT time, channel, event_id, process_image, process_command_line\nFROM events\nWHERE host = '${data.host.replaceAll("'", "''")}'\nORDER BY time DESC\nLIMIT 500`, run: "1" }}>
            {t.endpoints.huntHost}
          </Link>
        </p>
      </header>
      <Involved endpoint={data} />
      <Edit key={data.version} endpoint={data} />
      <Service endpoint={data} />
    </article>
  );
}

function Edit(props: { endpoint: EndpointRow }) {
  const t = useText();
  const client = useQueryClient();
  const { endpoint } = props;
  const [mode, setMode] = useState<BlockMode>(endpoint.block_mode);
  const [serves, setServes] = useState(endpoint.serves);
  const [note, setNote] = useState(endpoint.note);
  const same = mode === endpoint.block_mode && serves === endpoint.serves && note === endpoint.note;
  const change = useMutation({
    mutationFn: () => put(`/endpoints/${encodeURIComponent(endpoint.id)}`, { block_mode: mode, serves, note, expected_version: endpoint.version }),
    onSuccess: async () => {
      await Promise.all([["endpoint", endpoint.id], ["endpoints"], ["cases"], ["case"]].map((queryKey) => client.invalidateQueries({ queryKey })));
      say(t.endpoints.saved);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <section className={facts.box} aria-labelledby="edit">
      <h2 id="edit">{t.endpoints.edit}</h2>
      <form className={styles.form} onSubmit={submit}>
        <div>
          <p className={styles.label} id="mode">
            <Term name="block_mode">{t.endpoints.mode}</Term>
          </p>
          <SegmentedControl aria-labelledby="mode" data={MODES.map((each) => ({ value: each, label: t.words.blockMode[each] }))} value={mode} onChange={(value) => setMode(oneOf(value, MODES) ?? mode)} />
          <p className={styles.note}>{t.endpoints.modeNote}</p>
        </div>
        <Checkbox label={t.endpoints.serves} description={t.endpoints.servesNote} checked={serves} onChange={(event) => setServes(event.currentTarget.checked)} />
        <Textarea label={t.endpoints.note} placeholder={t.endpoints.noteHint} autosize minRows={2} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
        {change.error !== null && <Failure error={change.error} />}
        <div>
          <Button type="submit" loading={change.isPending} disabled={same}>
            {t.parts.save}
          </Button>
        </div>
      </form>
    </section>
  );
}
