/** Nothing typed is lost: a text keeps itself in this browser until it is sent. */
import { useCallback, useEffect, useRef, useState } from "react";

export interface Draft {
  text: string;
  set: (text: string) => void;
  clear: () => void;
  /** There was something from an earlier visit. */
  restored: boolean;
  saved: boolean;
}

export function useDraft(key: string): Draft {
  const name = `hikeshi.draft.${key}`;
  const [text, setText] = useState(() => localStorage.getItem(name) ?? "");
  const [saved, setSaved] = useState(text !== "");
  const restored = useRef(text !== "");
  useEffect(() => {
    const timer = setTimeout(() => {
      if (text === "") localStorage.removeItem(name);
      else localStorage.setItem(name, text);
      setSaved(text !== "");
    }, 250);
    return () => clearTimeout(timer);
  }, [name, text]);
  const set = useCallback((next: string) => {
    restored.current = false;
    setSaved(false);
    setText(next);
  }, []);
  const clear = useCallback(() => {
    localStorage.removeItem(name);
    restored.current = false;
    setText("");
  }, [name]);
  return { text, set, clear, restored: restored.current && text !== "", saved };
}
