/** The queue: what is asked of the desk, in the order in which people are assigned, each with the reason for its place. */
import { Button, NativeSelect, SegmentedControl } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Phone } from "lucide-react";
import { useMemo } from "react";
import { useMayWork, useMe } from "../../api/queries";
import type { RequestRow } from "../../api/types";
import { useText } from "../../i18n/language";
import { useKeys } from "../../keys/useKeys";
import { Empty } from "../../parts/States";
import { say } from "../../parts/toast";
import { useSayFailure } from "../../parts/useSayFailure";
import { ListPage } from "../../table/ListPage";
import { SearchField } from "../../table/SearchField";
import { oneOf } from "../../url/search";
import { RequestCard, requestColumns, type Take } from "./columns";
import { assignRequest, queue, useFresh } from "./queries";
import styles from "./RequestsPage.module.css";
import { ASSIGNED, type RequestSearch, requestSearch, SERVICES, STATES } from "./search";

export function RequestsPage() {
  const t = useText();
  const search = useSearch({ from: "/inside/requests" });
  const navigate = useNavigate({ from: "/requests" });
  const question = queue(search, search.org);
  const list = useInfiniteQuery(question);
  const { fresh, show } = useFresh(search, question.queryKey);
  const take = useTake();
  const columns = useMemo(() => requestColumns(t, take), [t, take]);
  const { org: _, ...view } = search;
  const filtered = Object.values(view).some((value) => value !== undefined);
  const change = (part: RequestSearch) => void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  useQueueKeys(list.data?.pages.flatMap((page) => page.items) ?? [], take);
  return (
    <ListPage
      name="requests"
      title={t.requests.title}
      query={list}
      columns={columns}
      views={{
        search: Object.fromEntries(Object.entries(view).filter(([, value]) => value !== undefined)) as Record<string, string>,
        open: (saved) => void navigate({ search: ({ org }) => ({ org, ...requestSearch(saved.search) }) }),
      }}
      beside={
        <span className={styles.beside}>
          {take !== null && <TakeCall />}
          <span aria-live="polite">
            {fresh > 0 && (
              <Button size="compact-sm" radius="xl" onClick={show}>
                {t.requests.fresh(fresh)}
              </Button>
            )}
          </span>
        </span>
      }
      filters={<Filters search={search} change={change} />}
      empty={
        filtered ? (
          <Empty title={t.requests.empty}>{t.requests.emptyNext}</Empty>
        ) : (
          <Empty title={t.requests.none}>
            <p>{t.requests.noneNext}</p>
            {take !== null && <TakeCall />}
          </Empty>
        )
      }
      rowId={(row) => row.id}
      rowName={(row) => row.reference}
      card={(row) => <RequestCard row={row} take={take} t={t} />}
    />
  );
}

function TakeCall() {
  const t = useText();
  return (
    <Button component={Link} to="/requests/new" size="xs" leftSection={<Phone size={15} aria-hidden />} aria-keyshortcuts="n">
      {t.requests.takeCall}
    </Button>
  );
}

/** Taking a request assigns it to the person who takes it. */
function useTake(): Take {
  const t = useText();
  const client = useQueryClient();
  const sayFailure = useSayFailure();
  const { person } = useMe();
  const may = useMayWork();
  return useMemo(() => {
    if (!may) return null;
    return (row: RequestRow) => {
      void assignRequest(row, person.id)
        .then(() => say(t.requests.taken(row.reference)))
        .catch(sayFailure)
        .finally(() => Promise.all([["queue"], ["requests"], ["request", row.id]].map((queryKey) => client.invalidateQueries({ queryKey }))));
    };
  }, [may, person.id, t, client]);
}

/** `t` takes the row on which the focus stands, `n` begins a call. */
function useQueueKeys(rows: RequestRow[], take: Take): void {
  const navigate = useNavigate();
  useKeys({
    n: () => {
      if (take !== null) void navigate({ to: "/requests/new" });
    },
    t: () => {
      const index = document.activeElement?.closest("[data-index]")?.getAttribute("data-index");
      const row = index == null ? undefined : rows[Number(index)];
      if (row !== undefined && row.state === "open") take?.(row);
    },
  });
}

function Filters(props: { search: RequestSearch; change: (part: RequestSearch) => void }) {
  const t = useText();
  const { search, change } = props;
  const narrow = useMediaQuery("(max-width: 760px)") ?? false;
  const states = STATES.map((state) => ({ value: state, label: t.requests.states[state] }));
  const setState = (state: string) => change({ state: state === "unended" ? undefined : oneOf(state, STATES) });
  const state = search.state ?? "unended";
  return (
    <>
      {narrow ? (
        <NativeSelect size="xs" aria-label={t.requests.stateLabel} data={states} value={state} onChange={(event) => setState(event.currentTarget.value)} />
      ) : (
        <SegmentedControl size="xs" aria-label={t.requests.stateLabel} data={states} value={state} onChange={setState} />
      )}
      <NativeSelect
        size="xs"
        aria-label={t.requests.serviceLabel}
        data={[{ value: "", label: `${t.requests.serviceLabel}: ${t.parts.any}` }, ...SERVICES.map((service) => ({ value: service, label: t.requests.words.service[service] }))]}
        value={search.service ?? ""}
        onChange={(event) => change({ service: oneOf(event.currentTarget.value, SERVICES) })}
      />
      <NativeSelect
        size="xs"
        aria-label={t.requests.assigneeLabel}
        data={[{ value: "", label: `${t.requests.assigneeLabel}: ${t.requests.assignee.any}` }, ...ASSIGNED.map((assigned) => ({ value: assigned, label: t.requests.assignee[assigned] }))]}
        value={search.assignee ?? ""}
        onChange={(event) => change({ assignee: oneOf(event.currentTarget.value, ASSIGNED) })}
      />
      <SearchField label={t.parts.filter} hint={t.requests.queryHint} value={search.q} change={(q) => change({ q })} />
    </>
  );
}
