/** The one-time sign-in link carries its token behind `#`, where neither logs nor mail scanners see it. */

let kept: string | null = null;

/** Takes the token out of the address before anything else runs, so that it stays in no history entry. */
export function keepSignInToken(): void {
  const found = new URLSearchParams(window.location.hash.slice(1)).get("token");
  if (found === null || found === "") return;
  kept = found;
  window.history.replaceState(null, "", `/sign-in${window.location.search}`);
}

export function signInToken(): string | null {
  return kept;
}

export function forgetSignInToken(): void {
  kept = null;
}
