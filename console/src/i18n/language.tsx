/** The language of the page: which dictionary is in force, and how to switch it. */
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { speak } from "../api/client";
import type { Language } from "../api/types";
import type { Dictionary } from "./dictionary";

const STORED = "hikeshi.language";
const loaders: Record<Language, () => Promise<Dictionary>> = {
  ja: () => import("./ja").then((module) => module.ja),
  en: () => import("./en").then((module) => module.en),
};

interface Spoken {
  language: Language;
  texts: Dictionary;
  switchTo: (language: Language) => Promise<void>;
}

const Context = createContext<Spoken | null>(null);

/** The language of the last visit, else the browser's, else Japanese. */
export function firstLanguage(): Language {
  const stored = localStorage.getItem(STORED);
  if (stored === "ja" || stored === "en") return stored;
  return navigator.language.startsWith("ja") ? "ja" : navigator.language.startsWith("en") ? "en" : "ja";
}

export async function loadLanguage(language: Language): Promise<Dictionary> {
  speak(language);
  return loaders[language]();
}

export function LanguageProvider(props: { first: Language; texts: Dictionary; children: ReactNode }) {
  const [spoken, setSpoken] = useState({ language: props.first, texts: props.texts });
  const switchTo = useCallback(async (language: Language) => {
    const texts = await loadLanguage(language);
    localStorage.setItem(STORED, language);
    setSpoken({ language, texts });
  }, []);
  useEffect(() => {
    document.documentElement.lang = spoken.language;
  }, [spoken.language]);
  const value = useMemo(() => ({ ...spoken, switchTo }), [spoken, switchTo]);
  return <Context.Provider value={value}>{props.children}</Context.Provider>;
}

function useSpoken(): Spoken {
  const spoken = useContext(Context);
  if (spoken === null) throw new Error("no LanguageProvider above");
  return spoken;
}

/** All texts in the language in force. */
export function useText(): Dictionary {
  return useSpoken().texts;
}

export function useLanguage(): { language: Language; switchTo: (language: Language) => Promise<void> } {
  return useSpoken();
}
