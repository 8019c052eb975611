/** One case: what it is, what was decided, what is next. */
import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import type { CasePage as Answer } from "../../api/types";
import { useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/States";
import { usePageTitle } from "../../parts/title";
import { oneOf } from "../../url/search";
import styles from "./CasePage.module.css";
import { Classification } from "./Classification";
import { CaseHeader } from "./CaseHeader";
import { Overview } from "./Overview";
import { incident } from "./queries";
import { CASE_TABS } from "./search";

export function CasePage() {
  const t = useText();
  const { id } = useParams({ from: "/inside/cases/$id" });
  const { data, error, refetch } = useQuery(incident(id));
  usePageTitle(data?.case.title ?? t.cases.title);
  if (error !== null && data === undefined) return <Failure whole error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Loading lines={10} />;
  return <Shown page={data} />;
}

function Shown(props: { page: Answer }) {
  const t = useText();
  const { tab = "overview" } = useSearch({ from: "/inside/cases/$id" });
  const navigate = useNavigate({ from: "/cases/$id" });
  const open = (next: (typeof CASE_TABS)[number]) => void navigate({ search: (before) => ({ ...before, tab: next === "overview" ? undefined : next }) });
  return (
    <article className={styles.page}>
      <CaseHeader page={props.page} judge={() => open("classification")} />
      <Tabs value={tab} onChange={(value) => open(oneOf(value, CASE_TABS) ?? "overview")} keepMounted={false}>
        <Tabs.List>
          {CASE_TABS.map((each) => (
            <Tabs.Tab key={each} value={each}>
              {t.incident.tabs[each]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="overview" className={styles.panel}>
          <Overview page={props.page} />
        </Tabs.Panel>
        <Tabs.Panel value="classification" className={styles.panel}>
          <Classification page={props.page} done={() => open("overview")} />
        </Tabs.Panel>
      </Tabs>
    </article>
  );
}
