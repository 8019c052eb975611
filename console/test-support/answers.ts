/** What the fixture says to a request. */
import type { Language } from "../src/api/types";
import { desk } from "./desk.ts";

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  body: unknown;
  language: Language;
  signedIn: boolean;
}

export interface Answered {
  status: number;
  body?: unknown;
}

type Handler = (asked: Asked, ...parts: string[]) => Answered;

export type Route = [string, RegExp, Handler];

let routes: Route[] | undefined;

export function answer(asked: Asked): Answered {
  routes ??= desk();
  for (const [method, pattern, handler] of routes) {
    const found = method === asked.method ? pattern.exec(asked.path) : null;
    if (found === null) continue;
    if (!asked.signedIn && !asked.path.startsWith("/session")) return refuse(401, "unauthenticated", "sign in first");
    return handler(asked, ...found.slice(1).map(decodeURIComponent));
  }
  return refuse(404, "not_found", `no such path: ${asked.method} ${asked.path}`);
}

export function refuse(status: number, kind: string, message: string): Answered {
  return { status, body: { error: { kind, message, request_id: "01JD8Q3Z6X9V2M4N5P7R8S0T1W" } } };
}

export function ok(body: unknown): Answered {
  return { status: 200, body };
}
