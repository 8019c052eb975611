/** What the palette offers before anything is searched. */
import { useMantineColorScheme } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useLanguage, useText } from "../i18n/language";
import { SETTINGS } from "../pages/settings/search";
import { PLACES } from "./places";

export interface Command {
  id: string;
  group: string;
  title: string;
  /** More words that find it, in both languages. */
  words: string;
  run: () => void;
}

export function useCommands(): Command[] {
  const t = useText();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { language, switchTo } = useLanguage();
  const { setColorScheme } = useMantineColorScheme();
  const other = language === "ja" ? "en" : "ja";
  const places = PLACES.map(({ name, to }) => ({ id: to, group: t.frame.paletteGo, title: t.frame.pages[name], words: name, run: () => void navigate({ to }) }));
  const settings = SETTINGS.map((tab) => ({
    id: `settings-${tab}`,
    group: t.frame.paletteGo,
    title: `${t.frame.pages.settings}: ${t.settings.tabs[tab]}`,
    words: `settings ${tab}`,
    run: () => void navigate({ to: "/settings", search: { tab } }),
  }));
  const call = { id: "call", group: t.frame.paletteDo, title: t.requests.takeCall, words: "call telephone hotline 電話 request", run: () => void navigate({ to: "/requests/new" }) };
  const speak = { id: "language", group: t.frame.paletteDo, title: t.words.language[other], words: `language 言語 ${other}`, run: () => void switchTo(other).then(() => client.invalidateQueries()) };
  const colours = (["light", "dark", "auto"] as const).map((scheme) => ({ id: `colours-${scheme}`, group: t.frame.paletteDo, title: t.frame.colours[scheme], words: `theme colour ${scheme}`, run: () => setColorScheme(scheme) }));
  return [...places, ...settings, call, speak, ...colours];
}
