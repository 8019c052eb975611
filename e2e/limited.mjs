// A test that ends: what hangs in a browser fails with its name after two minutes, and the run goes on.
import { after as nodeAfter, before as nodeBefore, test as nodeTest } from "node:test";

const LIMIT_MS = 120_000;

export function test(name, ...rest) {
  const [options, walk] = rest.length === 2 ? rest : [{}, rest[0]];
  return nodeTest(name, { timeout: LIMIT_MS, ...options }, walk);
}

/** The desk may have to load its drill first: twice the time of a test. */
export const before = (prepare) => nodeBefore(prepare, { timeout: 2 * LIMIT_MS });

export const after = (tidy) => nodeAfter(tidy, { timeout: LIMIT_MS });
