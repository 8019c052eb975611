import { Button, NativeSelect, SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { colleagues, useMe } from "../../api/queries";
import { useText } from "../../i18n/language";
import { SearchField } from "../../table/SearchField";
import { oneOf } from "../../url/search";
import styles from "./AlertsPage.module.css";
import { type AlertSearch, STATES, VERDICTS } from "./search";

interface Filtered {
  search: AlertSearch;
  change: (part: AlertSearch) => void;
}

export function Filters(props: Filtered) {
  const t = useText();
  const { search, change } = props;
  const filtered = [search.verdict, search.assignee, search.host, search.q].some((value) => value !== undefined);
  return (
    <div className={styles.filters} role="search">
      <SegmentedControl
        size="xs"
        aria-label={t.alerts.stateLabel}
        data={STATES.map((state) => ({ value: state, label: t.alerts.state[state] }))}
        value={search.state ?? "open"}
        onChange={(state) => change({ state: state === "open" ? undefined : oneOf(state, STATES) })}
      />
      <NativeSelect
        size="xs"
        aria-label={t.alerts.verdictLabel}
        data={[{ value: "", label: `${t.alerts.verdictLabel}: ${t.parts.any}` }, ...VERDICTS.map((verdict) => ({ value: verdict, label: t.words.verdict[verdict] }))]}
        value={search.verdict ?? ""}
        onChange={(event) => change({ verdict: oneOf(event.currentTarget.value, VERDICTS) })}
      />
      <AssigneeFilter {...props} />
      <SearchField label={t.alerts.query} hint={t.alerts.queryHint} value={search.q} change={(q) => change({ q })} />
      {search.host !== undefined && (
        <Button size="xs" variant="default" rightSection={<X size={14} aria-hidden />} onClick={() => change({ host: undefined })}>
          {t.alerts.host(search.host)}
        </Button>
      )}
      {filtered && (
        <Button size="xs" variant="subtle" onClick={() => change({ verdict: undefined, assignee: undefined, host: undefined, q: undefined })}>
          {t.parts.clearFilters}
        </Button>
      )}
    </div>
  );
}

function AssigneeFilter(props: Filtered) {
  const t = useText();
  const { person } = useMe();
  const { data = [] } = useQuery(colleagues);
  const others = data.filter(({ id }) => id !== person.id);
  const options = [
    { value: "", label: `${t.alerts.assigneeLabel}: ${t.alerts.assignee.any}` },
    { value: "me", label: t.alerts.assignee.me },
    { value: "none", label: t.alerts.assignee.none },
    ...others.map(({ id, name }) => ({ value: id, label: name })),
  ];
  return (
    <NativeSelect
      size="xs"
      aria-label={t.alerts.assigneeLabel}
      data={options}
      value={props.search.assignee ?? ""}
      onChange={(event) => props.change({ assignee: event.currentTarget.value || undefined })}
    />
  );
}
