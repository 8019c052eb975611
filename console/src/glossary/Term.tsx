/** A term of the trade on a page: pointing at it, focusing or tapping it shows both languages' terms and what it means in one sentence. */
import { Popover } from "@mantine/core";
import { type PointerEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { useLanguage } from "../i18n/language";
import styles from "./Term.module.css";
import type { TermName } from "./terms";

type Entries = typeof import("./terms").TERMS;

/** The texts are fetched when somebody first asks for one: the first view does not carry them. */
let known: Entries | null = null;

export function Term(props: { name: TermName; children: ReactNode; plain?: boolean }) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const [entries, setEntries] = useState(known);
  useEffect(() => {
    if (!shown || entries !== null) return;
    void import("./terms").then(({ TERMS }) => setEntries((known = TERMS)));
  }, [shown, entries]);
  const open = shown && entries !== null;
  // Time enough to move from the word onto its card.
  const leaving = useRef<ReturnType<typeof setTimeout>>(undefined);
  const over = ({ pointerType }: PointerEvent) => {
    clearTimeout(leaving.current);
    if (pointerType === "mouse") setShown(true);
  };
  const out = ({ pointerType }: PointerEvent) => {
    if (pointerType === "mouse") leaving.current = setTimeout(() => setShown(false), 150);
  };
  return (
    <Popover opened={open} onChange={setShown} width={300} position="bottom-start" shadow="md" portalProps={{ target: "#page" }} withRoles={false} trapFocus={false} returnFocus={false} closeOnEscape={false} transitionProps={{ duration: 0 }}>
      <Popover.Target>
        <button
          type="button"
          className={styles.term}
          data-plain={props.plain}
          aria-describedby={open ? id : undefined}
          onPointerEnter={over}
          onPointerLeave={out}
          onFocus={() => setShown(true)}
          onBlur={() => setShown(false)}
          onClick={() => setShown(true)}
          onKeyDown={(event) => event.key === "Escape" && setShown(false)}
        >
          {props.children}
        </button>
      </Popover.Target>
      <Popover.Dropdown id={id} role="tooltip" className={styles.card} onPointerEnter={over} onPointerLeave={out}>
        {entries !== null && <Meaning of={entries[props.name]} />}
      </Popover.Dropdown>
    </Popover>
  );
}

function Meaning(props: { of: Entries[TermName] }) {
  const { language } = useLanguage();
  const { of } = props;
  const other = language === "ja" ? "en" : "ja";
  return (
    <>
      <strong>{of[language]}</strong>{" "}
      <span className={styles.other} lang={other}>
        {of[other]}
      </span>
      <span className={styles.meaning}>{of.meaning[language]}</span>
    </>
  );
}
