/** Questions to the server by name, shared by pages. Keys begin with the resource, so that live news can refresh them. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { get } from "./client";
import type { Duty, Matrix, Me, Organization, PersonRef } from "./types";

export const me = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => get<Me>("/me", {}, signal),
  staleTime: 60_000,
});

/** The person signed in. Pages inside the frame are shown only once this is known. */
export function useMe(): Me {
  const { data } = useQuery(me);
  if (data === undefined) throw new Error("used outside the frame");
  return data;
}

/** IANA name of the zone in which this person reads times. */
export function useZone(): string {
  return useMe().person.time_zone;
}

/** Whether this person may write requests down, take and end them. */
export function useMayWork(): boolean {
  return useMe().person.roles.some((role) => role === "operator" || role === "incident_lead" || role === "analyst");
}

export const duty = (org: string | undefined) =>
  queryOptions({ queryKey: ["duty", org], queryFn: ({ signal }) => get<Duty>("/duty", { org }, signal), refetchInterval: 60_000 });

export const colleagues = queryOptions({
  queryKey: ["colleagues"],
  queryFn: ({ signal }) => get<{ items: PersonRef[] }>("/colleagues", {}, signal).then((page) => page.items),
  staleTime: 300_000,
});

export const matrix = queryOptions({
  queryKey: ["matrix"],
  queryFn: ({ signal }) => get<Matrix>("/matrix", {}, signal),
  staleTime: Number.POSITIVE_INFINITY,
});

export const organization = (id: string) =>
  queryOptions({ queryKey: ["organization", id], queryFn: ({ signal }) => get<Organization>(`/organizations/${encodeURIComponent(id)}`, {}, signal) });
