/** For acts without a form of their own: a failure is said at the foot of the page. */
import { ApiError } from "../api/client";
import { useText } from "../i18n/language";
import { failureKind } from "./failure-kind";
import { say } from "./toast";

export function useSayFailure(): (error: unknown) => void {
  const t = useText();
  return (error) => {
    const known = error instanceof ApiError ? error : null;
    const what = t.errors.what[failureKind(known)] ?? t.errors.what["other"] ?? "";
    say([what, known?.message, known?.requestId].filter((part) => part != null && part !== "").join(" "));
  };
}
