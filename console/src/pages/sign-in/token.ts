/** A one-time link carries its secret behind `#`, where neither logs nor mail scanners see it. */

export interface OneTimeLink {
  secret: string;
  /** `token` signs in; with an `invitation` the person sets a password first. */
  kind: "token" | "invitation";
}

let kept: OneTimeLink | null = null;

/** Takes the secret out of the address before anything else runs, so that it stays in no history entry. */
export function keepOneTimeLink(): void {
  const given = new URLSearchParams(window.location.hash.slice(1));
  for (const kind of ["token", "invitation"] as const) {
    const secret = given.get(kind);
    if (secret === null || secret === "") continue;
    kept = { secret, kind };
    window.history.replaceState(null, "", `/sign-in${window.location.search}`);
    return;
  }
}

export function oneTimeLink(): OneTimeLink | null {
  return kept;
}

export function forgetOneTimeLink(): void {
  kept = null;
}
