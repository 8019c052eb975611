import type { ApiError } from "../api/client";

/** Which sentence of `errors` fits. */
export function failureKind(error: ApiError | null): string {
  if (error === null) return "other";
  if (error.status === 0) return "offline";
  const byStatus: Record<number, string> = { 400: "invalid", 401: "unauthenticated", 403: "forbidden", 404: "not_found", 409: "conflict", 422: "invalid", 429: "too_many" };
  return byStatus[error.status] ?? "other";
}
