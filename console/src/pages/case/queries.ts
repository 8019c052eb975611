/** One case: its page, and what may be done to it. */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { get, post } from "../../api/client";
import type { CasePage } from "../../api/types";

const path = (id: string) => `/cases/${encodeURIComponent(id)}`;

export const incident = (id: string) => queryOptions({ queryKey: ["case", id], queryFn: ({ signal }) => get<CasePage>(path(id), {}, signal) });

/** Posts to a sub-resource of the case, then reads again what it changed. */
export function useCaseAct<Body>(id: string, act: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Body) => post(`${path(id)}/${act}`, body),
    onSettled: () => Promise.all([["case", id], ["cases"], ["duty"], ["alert"]].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}
