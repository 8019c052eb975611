import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "../../api/client";
import type { RequestPage } from "../../api/types";
import { type Kept, Sheet, type World } from "./sheet";
import { blank, type Written } from "./written";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pageOf = (written: Written, version: number) => ({ form: written.form, signs: written.signs, request: { id: "r1", org: "o1", version, language: written.language, sensitive: written.sensitive, tlp: written.tlp } }) as unknown as RequestPage;
const fresh = (): Kept => ({ org: null, channel: "hotline", receivedAt: "2026-11-22T18:10:00Z", written: blank("ja"), base: null, ticked: [] });
const asking = (text: string) => ({ form: { ...blank("ja").form, organization: "みなと精機", request: text } });

/** A server with one request; somebody else may write into it, and it may be away. */
function world() {
  const server = { page: null as RequestPage | null, away: false, asked: [] as string[], kept: new Map<string, Kept>() };
  const answer = (page: RequestPage) => {
    server.page = page;
    return Promise.resolve(page);
  };
  const refuse = () => Promise.reject(new ApiError(0, "offline", "", null, null));
  const made: World = {
    receive: ({ written }) => {
      server.asked.push("receive");
      return server.away ? refuse() : answer(pageOf(written, 1));
    },
    write: (_, written, version) => {
      server.asked.push(`write ${version}`);
      if (server.away) return refuse();
      const now = server.page?.request.version ?? 0;
      return version === now ? answer(pageOf(written, now + 1)) : Promise.reject(new ApiError(409, "conflict", "", null, null));
    },
    read: () => Promise.resolve(server.page as RequestPage),
    keep: (id, kept) => server.kept.set(id ?? "new", structuredClone(kept)),
    drop: (id) => server.kept.delete(id ?? "new"),
    told: () => undefined,
  };
  return { server, sheet: new Sheet(made, fresh(), null), made };
}

test("nothing is sent before the organisation is chosen, and nothing typed is lost", async () => {
  const { server, sheet } = world();
  sheet.change(asking("暗号化された"));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(server.asked).toEqual([]);
  expect(sheet.state().standing).toBe("blank");
  expect(server.kept.get("new")?.written.form.request).toBe("暗号化された");
});

test("with its organisation the request is there; then it saves after each rest, one save for many keys", async () => {
  const { server, sheet } = world();
  sheet.choose("o1", "みなと精機");
  await vi.advanceTimersByTimeAsync(0);
  expect(server.asked).toEqual(["receive"]);
  for (const text of ["暗", "暗号", "暗号化"]) sheet.change(asking(text));
  expect(sheet.state().standing).toBe("typing");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(server.asked).toEqual(["receive", "write 1"]);
  expect(sheet.state().standing).toBe("saved");
  expect([...server.kept.keys()]).toEqual([]);
});

test("a server that is away: it stays in the browser, is tried again, and arrives once", async () => {
  const { server, sheet } = world();
  server.away = true;
  sheet.choose("o1", "みなと精機");
  await vi.advanceTimersByTimeAsync(0);
  expect(sheet.state().standing).toBe("away");
  sheet.change(asking("まだ話している"));
  expect(server.kept.get("new")?.written.form.request).toBe("まだ話している");
  server.away = false;
  await vi.advanceTimersByTimeAsync(6_000);
  expect(server.page?.form.request).toBe("まだ話している");
  expect(sheet.state().standing).toBe("saved");
  expect([...server.kept.keys()]).toEqual([]);
});

test("somebody else wrote another item: both stay, nobody is asked", async () => {
  const { server, sheet } = world();
  sheet.choose("o1", "みなと精機");
  await vi.advanceTimersByTimeAsync(0);
  server.page = pageOf({ ...blank("ja"), form: { ...asking("").form, indicators: "203.0.113.9" } }, 2);
  sheet.change(asking("暗号化された"));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(server.page?.form).toMatchObject({ request: "暗号化された", indicators: "203.0.113.9" });
  expect(sheet.state()).toMatchObject({ standing: "saved", conflict: null });
});

test.each(["mine", "theirs"] as const)("somebody else wrote the same item: both are shown, and %s is taken", async (take) => {
  const { server, sheet } = world();
  sheet.choose("o1", "みなと精機");
  await vi.advanceTimersByTimeAsync(0);
  server.page = pageOf({ ...blank("ja"), ...asking("theirs") }, 2);
  sheet.change(asking("mine"));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(sheet.state()).toMatchObject({ standing: "conflict", conflict: { parts: ["request"] } });
  sheet.resolve(take);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(server.page?.form.request).toBe(take);
  expect(sheet.state().standing).toBe("saved");
});

test("an act sends first what is written, and goes on from the version that it made", async () => {
  const { server, sheet } = world();
  sheet.choose("o1", "みなと精機");
  await vi.advanceTimersByTimeAsync(0);
  sheet.change(asking("暗号化された"));
  await sheet.act(() => Promise.resolve((server.page = pageOf({ ...blank("ja"), ...asking("暗号化された") }, 3))));
  sheet.change(asking("暗号化された。2 台"));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(server.asked).toEqual(["receive", "write 1", "write 3"]);
});

test("what somebody else writes is followed; what is being typed stays", async () => {
  const { server, sheet } = world();
  sheet.choose("o1", "みなと精機");
  await vi.advanceTimersByTimeAsync(0);
  sheet.change(asking("まだ話して"));
  server.page = pageOf({ ...blank("ja"), form: { ...asking("").form, indicators: "203.0.113.9" } }, 2);
  sheet.adopt(server.page);
  expect(sheet.state().written.form).toMatchObject({ request: "まだ話して", indicators: "203.0.113.9" });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(server.asked).toEqual(["receive", "write 2"]);
});

test("what was typed before a reload meets what the server has now", async () => {
  const { server, made } = world();
  server.page = pageOf({ ...blank("ja"), ...asking("前") }, 4);
  const base: Written = { ...blank("ja"), ...asking("前") };
  const sheet = new Sheet(made, { ...fresh(), org: "o1", base, written: { ...base, ...asking("後") } }, server.page);
  await vi.advanceTimersByTimeAsync(100);
  expect(server.page?.form.request).toBe("後");
  expect(sheet.state().standing).toBe("saved");
});
