/** Speaks to the server: one function a verb, errors as values that a page can show. */
import type { Language } from "./types";

const BASE = "/api/v1";
let language: Language = "ja";

/** Texts of the server come in this language from now on. */
export function speak(next: Language): void {
  language = next;
}

/** What went wrong, as the server (or the network) said it. `kind` is `offline` where no answer came. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly kind: string,
    message: string,
    readonly requestId: string | null,
    readonly body: unknown,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

type Query = Record<string, string | number | boolean | null | undefined>;

/** The path with its query; empty values are left out. */
export function address(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return `${BASE}${path}${text === "" ? "" : `?${text}`}`;
}

export function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return request<T>("GET", address(path, query), undefined, signal);
}

export function post<T>(path: string, body: unknown = {}): Promise<T> {
  return request<T>("POST", address(path), body);
}

export function put<T>(path: string, body: unknown): Promise<T> {
  return request<T>("PUT", address(path), body);
}

export function remove<T>(path: string, query?: Query): Promise<T> {
  return request<T>("DELETE", address(path, query));
}

/** Sends a file as it is. */
export function send<T>(method: "POST" | "PUT", path: string, query: Query, file: Blob): Promise<T> {
  return request<T>(method, address(path, query), file);
}

async function request<T>(method: string, url: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json", "Accept-Language": language };
  if (method !== "GET") headers["X-Hikeshi"] = "1";
  const file = body instanceof Blob;
  if (body !== undefined) headers["Content-Type"] = file ? "application/octet-stream" : "application/json";
  const init: RequestInit = { method, headers, credentials: "same-origin", signal: signal ?? null };
  if (body !== undefined) init.body = file ? body : JSON.stringify(body);
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(0, "offline", "", null, null);
  }
  const answer = await parsed(response);
  if (!response.ok) throw refusal(response, answer);
  return answer as T;
}

async function parsed(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === "") return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function refusal(response: Response, body: unknown): ApiError {
  const error = field(body, "error");
  const kind = string(field(error, "kind")) ?? "internal";
  const message = string(field(error, "message")) ?? (response.status >= 500 ? response.statusText : "");
  const requestId = string(field(error, "request_id")) ?? response.headers.get("x-request-id");
  return new ApiError(response.status, kind, message, requestId, body);
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && name in value ? (value as Record<string, unknown>)[name] : undefined;
}

function string(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
