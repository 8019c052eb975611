/** A request that saves itself while somebody writes: created with its organisation, then saved after each rest, and kept in this browser meanwhile. */
import { ApiError } from "../../api/client";
import { isConflict } from "../../api/guarded";
import type { Channel, RequestPage } from "../../api/types";
import { merge, type Part, same, type Written, withPart, writtenOf } from "./written";

/** How long somebody rests before what they wrote is sent. */
const REST_MS = 600;
const AGAIN_MS = 5_000;

/** What is kept in this browser until the server has it. */
export interface Kept {
  org: string | null;
  channel: Channel;
  receivedAt: string;
  written: Written;
  /** What the server had when the first of these words was typed. */
  base: Written | null;
  /** Questions that were asked, evidence whose keeping was asked for. */
  ticked: string[];
}

/** `blank`: nothing to save yet; `away`: the server cannot be reached; `refused`: it does not take what is written. */
export type Standing = "blank" | "typing" | "saving" | "saved" | "away" | "refused" | "conflict";

export interface SheetState extends Kept {
  /** The request as the server last told it; null: there is none yet. */
  page: RequestPage | null;
  standing: Standing;
  error: unknown;
  /** What somebody else has written meanwhile, and the parts that both wrote. */
  conflict: { theirs: RequestPage; parts: Part[] } | null;
}

/** What the sheet asks of the world. */
export interface World {
  receive: (sheet: Kept & { org: string }) => Promise<RequestPage>;
  write: (id: string, written: Written, version: number) => Promise<RequestPage>;
  read: (id: string) => Promise<RequestPage>;
  keep: (id: string | null, kept: Kept) => void;
  drop: (id: string | null) => void;
  /** The server has told something new of the request. */
  told: (page: RequestPage, created: boolean) => void;
}

export class Sheet {
  #state: SheetState;
  readonly #world: World;
  readonly #watchers = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<void> | null = null;

  constructor(world: World, kept: Kept, page: RequestPage | null) {
    this.#world = world;
    this.#state = { ...kept, page, standing: page === null ? "blank" : "saved", error: null, conflict: null };
    if (page === null || kept.base === null) return;
    // What was typed before the page was left meets what the server has now.
    this.#meet(page);
    if (this.#dirty()) this.#rest(0);
  }

  readonly state = (): SheetState => this.#state;

  readonly subscribe = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  change(part: Partial<Written>): void {
    this.#set({ written: { ...this.#state.written, ...part } });
    this.#typed();
  }

  /** Before the request is there: when the call began, by which channel. */
  begin(part: Partial<Pick<Kept, "receivedAt" | "channel">>): void {
    if (this.#state.page !== null) return;
    this.#set(part);
    this.#keep();
  }

  tick(text: string): void {
    const { ticked } = this.#state;
    this.#set({ ticked: ticked.includes(text) ? ticked.filter((each) => each !== text) : [...ticked, text] });
    this.#keep();
  }

  /** With its organisation the request is there. The name is what was said, until somebody writes another. */
  choose(org: string, name: string): void {
    if (this.#state.page !== null || this.#saving !== null) return;
    const { form } = this.#state.written;
    this.#set({ org, written: { ...this.#state.written, form: { ...form, organization: name } } });
    this.#keep();
    void this.flush();
  }

  /** Sends what has not been sent. Comes back once nothing is left to send, or nothing can be sent now. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#saving ??= this.#save().finally(() => {
      this.#saving = null;
    });
    await this.#saving;
    const { standing } = this.#state;
    if (this.#dirty() && standing !== "away" && standing !== "refused" && standing !== "conflict") await this.flush();
  }

  /** Sends what is written, then does something to the request as it stands then. */
  async act(send: (id: string, version: number) => Promise<RequestPage>): Promise<RequestPage> {
    await this.flush();
    const { page, standing, error } = this.#state;
    if (page === null || standing === "away" || standing === "refused") throw error;
    const told = await send(page.request.id, page.request.version);
    this.adopt(told);
    return told;
  }

  /** The request as the server has it now: what is not written here yet follows. */
  adopt(page: RequestPage): void {
    const { page: before, conflict } = this.#state;
    if (this.#saving !== null || conflict !== null) return;
    if (before !== null && page.request.version < before.request.version) return;
    this.#meet(page);
  }

  resolve(take: "mine" | "theirs"): void {
    const { conflict } = this.#state;
    if (conflict === null) return;
    const { theirs, parts } = conflict;
    const written = take === "mine" ? this.#state.written : parts.reduce((all, part) => withPart(all, part, writtenOf(theirs)), this.#state.written);
    this.#set({ page: theirs, base: writtenOf(theirs), written, conflict: null, standing: "typing" });
    void this.flush();
  }

  /** The person goes: what can be sent is sent. Nothing is tried again; it stays in this browser. */
  leave(): void {
    void this.flush().finally(() => clearTimeout(this.#timer));
  }

  /** Everything is on the server: nothing more has to be kept here. */
  done(): void {
    this.#set({ ticked: [] });
    this.#world.drop(this.#id());
  }

  async #save(): Promise<void> {
    const { page, org, conflict } = this.#state;
    if (conflict !== null || (page === null && org === null)) return;
    if (page !== null && !this.#dirty()) return this.#saved();
    this.#set({ standing: "saving" });
    try {
      if (page === null) await this.#create();
      else await this.#write(page);
    } catch (error) {
      this.#failed(error);
    }
  }

  async #create(): Promise<void> {
    const { org } = this.#state;
    if (org === null) return;
    const sent = this.#state.written;
    const page = await this.#world.receive({ ...this.#state, org });
    this.#world.drop(null);
    this.#set({ page, base: sent, standing: "saved", error: null });
    this.#world.told(page, true);
    this.#saved();
  }

  async #write(page: RequestPage): Promise<void> {
    const { written } = this.#state;
    try {
      const told = await this.#world.write(page.request.id, written, page.request.version);
      this.#set({ page: told, base: written, error: null });
      this.#world.told(told, false);
      this.#saved();
    } catch (error) {
      if (!isConflict(error)) throw error;
      this.#meet(await this.#world.read(page.request.id));
    }
  }

  /** Mine and theirs are put together; only a part that both wrote waits for a choice. */
  #meet(theirs: RequestPage): void {
    const base = this.#state.base ?? writtenOf(this.#state.page ?? theirs);
    const { merged, parts } = merge(base, this.#state.written, writtenOf(theirs));
    if (parts.length > 0) {
      this.#set({ written: merged, conflict: { theirs, parts }, standing: "conflict" });
    } else {
      this.#set({ page: theirs, base: writtenOf(theirs), written: merged, standing: "typing" });
      if (this.#dirty()) this.#rest(REST_MS);
      else this.#saved();
    }
    this.#keep();
  }

  #saved(): void {
    this.#set({ standing: this.#dirty() ? "typing" : "saved", error: null });
    this.#keep();
  }

  #failed(error: unknown): void {
    const away = error instanceof ApiError && (error.status === 0 || error.status >= 500);
    this.#set({ standing: away ? "away" : "refused", error });
    if (away) this.#rest(AGAIN_MS);
  }

  #typed(): void {
    if (this.#state.conflict === null && this.#state.standing !== "away") this.#set({ standing: this.#state.org === null ? "blank" : "typing" });
    this.#keep();
    if (this.#state.org !== null && this.#state.standing !== "away") this.#rest(REST_MS);
  }

  #rest(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), milliseconds);
  }

  #dirty(): boolean {
    const { page, base, written } = this.#state;
    if (page === null) return false;
    return !same(base ?? writtenOf(page), written);
  }

  #id(): string | null {
    return this.#state.page?.request.id ?? null;
  }

  #keep(): void {
    const { org, channel, receivedAt, written, base, ticked, page } = this.#state;
    if (page !== null && !this.#dirty() && ticked.length === 0) this.#world.drop(this.#id());
    else this.#world.keep(this.#id(), { org, channel, receivedAt, written, base, ticked });
  }

  #set(part: Partial<SheetState>): void {
    this.#state = { ...this.#state, ...part };
    for (const watcher of this.#watchers) watcher();
  }
}
