/** One case: its page, and what may be done to it. */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { get, post } from "../../api/client";
import { guarded } from "../../api/guarded";
import type { CasePage, CaseRow, IncidentType, Reclassification, Severity } from "../../api/types";

const path = (id: string) => `/cases/${encodeURIComponent(id)}`;

export const incident = (id: string) => queryOptions({ queryKey: ["case", id], queryFn: ({ signal }) => get<CasePage>(path(id), {}, signal) });

/** The same as it stood at an instant; what stood then does not change. */
export const incidentAsOf = (id: string, instant: string) =>
  queryOptions({ queryKey: ["case", id, "as_of", instant], queryFn: ({ signal }) => get<CasePage>(path(id), { as_of: instant }, signal), staleTime: Infinity });

/** What another type or severity would mean for the flows of the case as it stands. */
export const reclassification = ({ id, version }: CaseRow, type: IncidentType, severity: Severity) =>
  queryOptions({
    queryKey: ["case", id, "reclassification", version, type, severity],
    queryFn: ({ signal }) => get<Reclassification>(`${path(id)}/reclassification`, { type, severity }, signal),
  });

const touched = (id: string) => [["case", id], ["cases"], ["duty"], ["alert"]];

/** Posts to a sub-resource of the case, then reads again what it changed. */
export function useCaseAct<Body>(id: string, act: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Body) => post(`${path(id)}/${act}`, body),
    onSettled: () => Promise.all(touched(id).map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}

/** The same upon the version that was seen; what counts as unchanged is for the act to say. */
export function useGuardedCaseAct<Body extends object>(seen: CaseRow, act: string, unchanged: (fresh: CaseRow) => boolean) {
  const client = useQueryClient();
  const read = () => get<CasePage>(path(seen.id)).then((page) => page.case);
  return useMutation({
    mutationFn: (body: Body) => guarded(seen, unchanged, read, (expected_version) => post(`${path(seen.id)}/${act}`, { ...body, expected_version })),
    onSettled: () => Promise.all(touched(seen.id).map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}
