/** One alert: its page, and what may be done to it. */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { get, post } from "../../api/client";
import type { AlertPage } from "../../api/types";

const path = (id: string) => `/alerts/${encodeURIComponent(id)}`;

export const alert = (id: string) => queryOptions({ queryKey: ["alert", id], queryFn: ({ signal }) => get<AlertPage>(path(id), {}, signal) });

/** Address of the flash report in one of its three forms. */
export function reportAddress(id: string, form: "pdf" | "html" | "json", language: string): string {
  return `/api/v1${path(id)}/report.${form}?lang=${language}`;
}

/** Posts to a sub-resource of the alert, then reads again what it changed. */
export function useAlertAct<Body, Answer = unknown>(id: string, act: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Body) => post<Answer>(`${path(id)}/${act}`, body),
    onSettled: () => Promise.all([["alert", id], ["alerts"], ["duty"], ["cases"], ["case"]].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}
