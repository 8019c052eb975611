/** Goes anywhere, does anything, finds anything: one field, arrow keys, Enter. */
import { Modal, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { get } from "../api/client";
import type { SearchHit } from "../api/types";
import { useText } from "../i18n/language";
import styles from "./Palette.module.css";
import { useCommands } from "./useCommands";

interface Choice {
  id: string;
  group: string;
  title: string;
  line?: string;
  run: () => void;
}

export function Palette(props: { mode: "search" | "go"; onClose: () => void }) {
  const t = useText();
  const [typed, setTyped] = useState("");
  const [current, setCurrent] = useState(0);
  const commands = useCommands();
  const found = useFound(typed);
  const wanted = typed.trim().toLowerCase();
  const fitting = commands.filter(({ title, words }) => wanted === "" || `${title} ${words}`.toLowerCase().includes(wanted));
  const choices: Choice[] = props.mode === "search" && wanted !== "" ? [...found, ...fitting] : [...fitting, ...found];
  const chosen = Math.min(current, Math.max(0, choices.length - 1));
  const run = (choice: Choice | undefined) => {
    if (choice === undefined) return;
    props.onClose();
    choice.run();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown") setCurrent(Math.min(chosen + 1, choices.length - 1));
    else if (event.key === "ArrowUp") setCurrent(Math.max(chosen - 1, 0));
    else if (event.key === "Enter") run(choices[chosen]);
    else return;
    event.preventDefault();
  };
  const label = props.mode === "search" ? t.frame.search : t.frame.palette;
  return (
    <Modal opened onClose={props.onClose} withCloseButton={false} padding={0} size="lg" yOffset="12vh" centered={false} title={undefined} aria-label={label}>
      <TextInput
        className={styles.field}
        size="md"
        variant="unstyled"
        autoFocus
        data-autofocus
        role="combobox"
        aria-expanded
        aria-controls="palette-list"
        aria-activedescendant={choices.length > 0 ? `palette-${chosen}` : undefined}
        aria-label={label}
        placeholder={props.mode === "search" ? t.frame.searchHint : t.frame.paletteHint}
        leftSection={<Search size={18} aria-hidden />}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setCurrent(0);
        }}
        onKeyDown={onKey}
      />
      <div id="palette-list" role="listbox" aria-label={label} className={styles.list}>
        {choices.map((choice, index) => (
          <div
            key={choice.id}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === chosen}
            tabIndex={-1}
            className={styles.choice}
            onMouseMove={() => setCurrent(index)}
            onClick={() => run(choice)}
            onKeyDown={onKey}
          >
            <span className={styles.title}>{choice.title}</span>
            {choice.line !== undefined && <span className={styles.line}>{choice.line}</span>}
            <span className={styles.group}>{choice.group}</span>
          </div>
        ))}
      </div>
      {choices.length === 0 && <p className={styles.none}>{t.frame.paletteEmpty}</p>}
    </Modal>
  );
}

function useFound(typed: string): Choice[] {
  const t = useText();
  const navigate = useNavigate();
  const [q] = useDebouncedValue(typed.trim(), 200);
  const { data } = useQuery({
    queryKey: ["search", q],
    queryFn: ({ signal }) => get<{ items: SearchHit[] }>("/search", { q }, signal),
    enabled: q.length >= 2,
    placeholderData: (before) => before,
  });
  if (q.length < 2 || data === undefined) return [];
  return data.items.map((hit) => ({ id: `${hit.kind}-${hit.id}`, group: t.frame.paletteFound, title: hit.title, line: hit.line, run: () => void navigate({ to: hitAddress(hit) }) }));
}

function hitAddress(hit: SearchHit): string {
  return `/${hit.kind}s/${encodeURIComponent(hit.id)}`;
}
