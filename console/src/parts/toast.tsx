/** Short news at the foot of the page: what was done, and how to undo it. */
import { useSyncExternalStore } from "react";
import styles from "./toast.module.css";

interface Toast {
  id: number;
  text: string;
  undo?: { label: string; run: () => void } | undefined;
}

let toasts: Toast[] = [];
let next = 1;
const watchers = new Set<() => void>();

function set(after: Toast[]): void {
  toasts = after;
  for (const watcher of watchers) watcher();
}

export function say(text: string, undo?: Toast["undo"]): void {
  const id = next++;
  set([...toasts.slice(-2), { id, text, undo }]);
  setTimeout(() => set(toasts.filter((toast) => toast.id !== id)), undo === undefined ? 4000 : 10_000);
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => toasts,
  );
  return (
    <div className={styles.toasts} role="status" aria-live="polite">
      {shown.map(({ id, text, undo }) => (
        <p key={id} className={styles.toast}>
          {text}
          {undo !== undefined && (
            <button
              type="button"
              onClick={() => {
                set(toasts.filter((toast) => toast.id !== id));
                undo.run();
              }}
            >
              {undo.label}
            </button>
          )}
        </p>
      ))}
    </div>
  );
}
