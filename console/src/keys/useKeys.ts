/** Keys of a page or of the whole console: single keys, `mod+k`, and sequences such as `g a`. Typing in a field never triggers them. */
import { type RefObject, useEffect, useRef } from "react";

type Action = (event: KeyboardEvent) => void;

const PATIENCE_MS = 1200;
let lead: { key: string; at: number } | null = null;

/** The name of what was pressed, taking an awaited lead key (`g`) into account. */
export function pressed(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">, before: { key: string; at: number } | null, now: number): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) return `mod+${key}`;
  if (before !== null && now - before.at < PATIENCE_MS) return `${before.key} ${key}`;
  return key;
}

export function useKeys(keys: Record<string, Action>): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || event.altKey) return;
      const name = pressed(event, lead, Date.now());
      if (!name.startsWith("mod+") && (typing(event.target) || dialogOpen())) return;
      const action = latest.current[name];
      if (action === undefined) return;
      event.preventDefault();
      action(event);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}

/** `j` and `k` go from one link or button of a list to the next, and the page follows; Enter opens. */
export function useStepKeys(list: RefObject<HTMLElement | null>, targets = "a, button"): void {
  const step = (by: number) => {
    const all = [...(list.current?.querySelectorAll<HTMLElement>(targets) ?? [])];
    all[nextPlace(all.indexOf(document.activeElement as HTMLElement), by, all.length)]?.focus();
  };
  useKeys({ j: () => step(1), k: () => step(-1) });
}

/** The place after or before another of so many; from outside (−1) either way leads to the first. */
export function nextPlace(place: number, by: number, length: number): number {
  return place < 0 ? 0 : Math.min(Math.max(place + by, 0), length - 1);
}

/** Remembers `g`, so that the next key completes a sequence. Mounted once, by the frame; runs after every other listener. */
export function useLeadKey(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target) && !dialogOpen();
      lead = plain && event.key === "g" && lead === null ? { key: "g", at: Date.now() } : null;
    };
    document.addEventListener("keyup", onKey);
    return () => document.removeEventListener("keyup", onKey);
  }, []);
}

function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && target.type !== "checkbox" && target.type !== "radio";
}

function dialogOpen(): boolean {
  return document.querySelector('[role="dialog"][aria-modal="true"]') !== null;
}
