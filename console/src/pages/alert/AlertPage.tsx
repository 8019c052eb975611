/** One alert: verdict, reasons, tree, timeline, eight sections, and what to do. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { AlertPage as Answer, Triage } from "../../api/types";
import { useText } from "../../i18n/language";
import { Comments } from "../../parts/Comments";
import { Failure } from "../../parts/Failure";
import { History } from "../../parts/History";
import { Empty, Loading } from "../../parts/States";
import { usePageTitle } from "../../parts/title";
import { Advice } from "./Advice";
import { Answers } from "./Answers";
import styles from "./AlertPage.module.css";
import { Facts } from "./Facts";
import { Header } from "./Header";
import { alert, useAlertAct } from "./queries";
import { Reasons } from "./Reasons";
import { Sections } from "./Sections";
import { marks, readSelection, type Selection, writeSelection } from "./selection";
import { Timeline } from "./Timeline";
import { ProcessTree } from "./ProcessTree";

export function AlertPage() {
  const t = useText();
  const { id } = useParams({ from: "/inside/alerts/$id" });
  const { data, error, refetch } = useQuery(alert(id));
  usePageTitle(data === undefined ? t.alerts.title : `${data.alert.host} ${data.alert.name}`);
  if (error !== null && data === undefined) return <Failure whole list="alerts" error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Loading lines={12} />;
  return (
    <article className={styles.page}>
      <Header page={data} />
      {data.triage === null ? <Empty title={t.alert.untriaged}>{t.alert.untriagedNext}</Empty> : <Evidence page={data} triage={data.triage} />}
      <div className={styles.below}>
        <Facts page={data} />
        <Work page={data} />
      </div>
    </article>
  );
}

function Evidence(props: { page: Answer; triage: Triage }) {
  const { triage, page } = props;
  const search = useSearch({ from: "/inside/alerts/$id" });
  const navigate = useNavigate({ from: "/alerts/$id" });
  const selection = useMemo(() => readSelection(search.sel, triage), [search.sel, triage]);
  const marked = useMemo(() => marks(triage, selection), [triage, selection]);
  const select = (next: Selection | null) => {
    const same = next !== null && writeSelection(next) === search.sel;
    const sel = same ? undefined : writeSelection(next);
    const section = next?.kind === "item" ? next.section : undefined;
    void navigate({ search: (before) => ({ ...before, sel, ...(section === undefined ? {} : { section }) }), replace: true, resetScroll: false });
  };
  const shared = { triage, selection, marked, select };
  return (
    <>
      <div className={styles.top}>
        <Reasons {...shared}>
          <Answers page={page} />
        </Reasons>
        <div className={styles.right}>
          <ProcessTree {...shared} />
          <Advice advice={page.advice} limits={page.limits} />
        </div>
      </div>
      <Timeline {...shared} range={search.range ?? "fit"} setRange={(range) => void navigate({ search: (before) => ({ ...before, range }), replace: true, resetScroll: false })} />
      <Sections
        {...shared}
        page={page}
        org={page.alert.org}
        open={search.section ?? firstFilled(triage)}
        setOpen={(section) => void navigate({ search: (before) => ({ ...before, section }), replace: true, resetScroll: false })}
      />
    </>
  );
}

function firstFilled(triage: Triage): Triage["sections"][number]["kind"] {
  return triage.sections.find(({ state }) => state === "found")?.kind ?? "origin";
}

function Work(props: { page: Answer }) {
  const { page } = props;
  const comment = useAlertAct<{ text: string }>(page.alert.id, "comments");
  return (
    <div className={styles.work}>
      <Comments about={`alert.${page.alert.id}`} comments={page.comments} send={(text) => comment.mutateAsync({ text })} />
      <History entries={page.history} />
    </div>
  );
}
