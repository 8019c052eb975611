import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { safeNext } from "../../url/search";

/** What follows a sign-in: nothing of whoever was here before is shown, and the page that was asked for opens. */
export function useEntered(): () => Promise<void> {
  const navigate = useNavigate();
  const client = useQueryClient();
  const { next } = useSearch({ from: "/sign-in" });
  return async () => {
    client.clear();
    await navigate({ href: safeNext(next) ?? "/duty", replace: true });
  };
}
