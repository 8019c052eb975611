/** Ask all endpoints at once: SQL over the lake, saved searches, a result that can be taken along. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { post } from "../../api/client";
import type { HuntAnswer } from "../../api/types";
import { useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/States";
import { usePageTitle } from "../../parts/title";
import { Editor, type EditorHandle } from "./Editor";
import { EXAMPLES } from "./examples";
import styles from "./HuntPage.module.css";
import { Result } from "./Result";
import { Saved } from "./Saved";
import { Schema } from "./Schema";

const DRAFT = "hikeshi.hunt.sql";
const LIMIT = 10_000;

export function HuntPage() {
  const t = useText();
  usePageTitle(t.hunt.title);
  const search = useSearch({ from: "/inside/hunt" });
  const navigate = useNavigate({ from: "/hunt" });
  const [sql, setSql] = useState(() => search.sql ?? localStorage.getItem(DRAFT) ?? "");
  const handle = useRef<EditorHandle | null>(null);
  const asked = search.run === "1" ? search.sql : undefined;
  const answer = useQuery({
    queryKey: ["hunt", asked, search.org],
    queryFn: () => post<HuntAnswer>("/hunt", { sql: asked, org: search.org ?? null, limit: LIMIT }),
    enabled: asked !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  useEffect(() => setSql((before) => search.sql ?? before), [search.sql]);
  useEffect(() => localStorage.setItem(DRAFT, sql), [sql]);
  const run = (text: string) => {
    if (text.trim() === "") return;
    if (text === asked) void answer.refetch();
    else void navigate({ search: (before) => ({ ...before, sql: text, run: "1" }) });
  };
  const choose = (text: string) => {
    setSql(text);
    run(text);
  };
  return (
    <>
      <div className={styles.head}>
        <h1>{t.hunt.title}</h1>
        <p>{t.hunt.lead}</p>
      </div>
      <div className={styles.columns}>
        <div className={styles.main}>
          <Editor value={sql} change={setSql} run={() => run(sql)} handle={handle} />
          <div className={styles.bar}>
            <Button leftSection={<Play size={15} aria-hidden />} loading={answer.isFetching} onClick={() => run(sql)}>
              {t.hunt.run}
            </Button>
            <kbd>{t.hunt.runKey}</kbd>
            <Saved sql={sql} choose={choose} />
          </div>
          {answer.error !== null ? (
            <Failure error={answer.error} />
          ) : answer.isFetching && answer.data === undefined ? (
            <Loading lines={6} />
          ) : answer.data === undefined ? (
            <First choose={choose} />
          ) : (
            <Result answer={answer.data} org={search.org} />
          )}
        </div>
        <Schema insert={(text) => handle.current?.insert(text)} />
      </div>
    </>
  );
}

function First(props: { choose: (sql: string) => void }) {
  const t = useText();
  return (
    <section className={styles.first} aria-labelledby="first">
      <h2 id="first">{t.hunt.first}</h2>
      <ul>
        {EXAMPLES.map(({ name, sql }) => (
          <li key={name}>
            <button type="button" onClick={() => props.choose(sql)}>
              <strong>{t.hunt.examples[name]}</strong>
              <code>{sql.replaceAll("\n", " ")}</code>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
