/** Changes made upon what a person saw: nobody overwrites unknowingly what somebody else has done meanwhile. */
import { ApiError } from "./client";

interface Versioned {
  version: number;
}

export function isConflict(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 409;
}

/**
 * Sends with the version that was seen. Where the thing has changed, but not in what matters here (triage ran again), it is sent once
 * more with the fresh version; else the conflict is thrown, for the person to choose.
 */
export async function guarded<Thing extends Versioned, Answer>(
  seen: Thing,
  unchanged: (fresh: Thing) => boolean,
  read: () => Promise<Thing>,
  send: (expectedVersion: number) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await send(seen.version);
  } catch (error) {
    if (!isConflict(error)) throw error;
    const fresh = await read();
    if (!unchanged(fresh)) throw error;
    return send(fresh.version);
  }
}
