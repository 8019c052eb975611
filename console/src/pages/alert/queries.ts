/** One alert: its page, and what may be done to it. */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { get, post } from "../../api/client";
import { guarded } from "../../api/guarded";
import type { AlertPage, AlertRow } from "../../api/types";

const path = (id: string) => `/alerts/${encodeURIComponent(id)}`;

export const alert = (id: string) => queryOptions({ queryKey: ["alert", id], queryFn: ({ signal }) => get<AlertPage>(path(id), {}, signal) });

/** Address of the flash report in one of its three forms. */
export function reportAddress(id: string, form: "pdf" | "html" | "json", language: string): string {
  return `/api/v1${path(id)}/report.${form}?lang=${language}`;
}

/** Address of the list of every row of the eight sections, for a spreadsheet. */
export function fullListAddress(id: string, language: string): string {
  return `/api/v1${path(id)}/full-list?lang=${language}`;
}

/** Address of the events that the verdict cites. */
export function citedEventsAddress(id: string): string {
  return `/api/v1${path(id)}/events`;
}

const touched = (id: string) => [["alert", id], ["alerts"], ["duty"], ["cases"], ["case"]];

/** Posts to a sub-resource of the alert, then reads again what it changed. */
export function useAlertAct<Body, Answer = unknown>(id: string, act: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Body) => post<Answer>(`${path(id)}/${act}`, body),
    onSettled: () => Promise.all(touched(id).map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}

/** The same upon the version that was seen; what counts as unchanged is for the act to say. */
export function useGuardedAlertAct<Body extends object>(seen: AlertRow, act: string, unchanged: (fresh: AlertRow) => boolean) {
  const client = useQueryClient();
  const read = () => get<AlertPage>(path(seen.id)).then((page) => page.alert);
  return useMutation({
    mutationFn: (body: Body) => guarded(seen, unchanged, read, (expected_version) => post(`${path(seen.id)}/${act}`, { ...body, expected_version })),
    onSettled: () => Promise.all(touched(seen.id).map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}
