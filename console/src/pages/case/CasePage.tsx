/** One case: what it is, what was decided, what is next; now, or as it stood at an instant of its past. */
import { Tabs } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
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
import { Past, PastFrame } from "./Past";
import { incident, incidentAsOf } from "./queries";
import { CASE_TABS } from "./search";

export function CasePage() {
  const t = useText();
  const { id } = useParams({ from: "/inside/cases/$id" });
  const { as_of } = useSearch({ from: "/inside/cases/$id" });
  const { data, error, refetch } = useQuery(incident(id));
  const past = useQuery({ ...incidentAsOf(id, as_of ?? ""), enabled: as_of !== undefined, placeholderData: keepPreviousData });
  usePageTitle(data?.case.title ?? t.cases.title);
  if (error !== null && data === undefined) return <Failure whole list="cases" error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Loading lines={10} />;
  if (as_of === undefined) return <Now page={data} />;
  return (
    <PastFrame now={data} instant={as_of}>
      {past.error !== null && <Failure error={past.error} retry={() => void past.refetch()} />}
      {past.error === null && past.data === undefined && <Loading lines={10} />}
      {past.error === null && past.data !== undefined && (
        <>
          <CaseHeader page={past.data} past />
          <Overview page={past.data} past />
        </>
      )}
    </PastFrame>
  );
}

function Now(props: { page: Answer }) {
  const t = useText();
  const { tab = "overview" } = useSearch({ from: "/inside/cases/$id" });
  const navigate = useNavigate({ from: "/cases/$id" });
  const open = (next: (typeof CASE_TABS)[number]) => void navigate({ search: (before) => ({ ...before, tab: next === "overview" ? undefined : next }) });
  return (
    <article className={styles.page}>
      <CaseHeader page={props.page} judge={() => open("classification")} />
      <Past now={props.page} />
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
