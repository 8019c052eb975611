/** News of alerts: rows on screen change where they stand; new ones wait behind a pill. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { onNews } from "../../api/live";
import { type AlertPages, freshen, peek } from "./queries";
import type { AlertSearch } from "./search";

export function useFresh(search: AlertSearch & { org?: string }, queryKey: readonly unknown[]): { fresh: number; show: () => void } {
  const client = useQueryClient();
  const [fresh, setFresh] = useState(0);
  const key = JSON.stringify(queryKey);
  useEffect(() => {
    setFresh(0);
    let current = true;
    const stop = onNews((news) => {
      if (!news.some(({ kind }) => kind === "alert")) return;
      void peek(search, search.org).then((page) => {
        const before = client.getQueryData<AlertPages>(queryKey);
        if (!current || before === undefined) return;
        const after = freshen(before, page);
        client.setQueryData(queryKey, after.pages);
        setFresh(after.fresh);
      });
    });
    return () => {
      current = false;
      stop();
    };
  }, [client, key]);
  const show = () => {
    setFresh(0);
    void client.resetQueries({ queryKey });
  };
  return { fresh, show };
}
