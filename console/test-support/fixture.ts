/** Answers /api/v1 in `vite --mode fixture`: typed by the contract, never shipped. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Connect, Plugin } from "vite";
import { answer } from "./answers.ts";

export function fixture(): Plugin {
  return {
    name: "hikeshi-fixture",
    configureServer: (server) => void server.middlewares.use(handle),
    configurePreviewServer: (server) => void server.middlewares.use(handle),
  };
}

/** What the real server sends with every page. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

function handle(request: IncomingMessage, response: ServerResponse, next: Connect.NextFunction): void {
  const url = new URL(request.url ?? "/", "http://fixture");
  response.setHeader("Content-Security-Policy", POLICY);
  if (!url.pathname.startsWith("/api/v1/")) return next();
  if (url.pathname === "/api/v1/live") return live(response);
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const text = Buffer.concat(chunks).toString("utf8");
    const language = request.headers["accept-language"]?.startsWith("en") ? "en" : "ja";
    const { status, body } = answer({
      method: request.method ?? "GET",
      path: url.pathname.slice("/api/v1".length),
      query: url.searchParams,
      body: text === "" ? null : (JSON.parse(text) as unknown),
      language,
      signedIn: (request.headers.cookie ?? "").includes("fixture=1"),
    });
    response.statusCode = status;
    response.setHeader("Content-Type", "application/json");
    if (url.pathname.startsWith("/api/v1/session")) {
      const gone = request.method === "DELETE" || status >= 400;
      response.setHeader("Set-Cookie", `fixture=${gone ? "; Max-Age=0" : "1"}; Path=/; HttpOnly; SameSite=Strict`);
    }
    response.end(body === undefined ? "" : JSON.stringify(body));
  });
}

function live(response: ServerResponse): void {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  response.write(": open\n\n");
  const timer = setInterval(() => response.write(": still here\n\n"), 15_000);
  response.on("close", () => clearInterval(timer));
}
