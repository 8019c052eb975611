/** A deadline: what remains, the instant, and on demand why it is that instant, step by step. */
import { Popover } from "@mantine/core";
import { CircleCheck, CirclePause, Clock, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useZone } from "../api/queries";
import { useLanguage, useText } from "../i18n/language";
import { clockState, full, span } from "../time/format";
import { useNow } from "../time/now";
import styles from "./DueClock.module.css";

interface Due {
  due: string;
  /** When the clock began; the last quarter counts from here. */
  start?: string | null;
  /** Set when the clock has stopped. */
  stopped?: { at: string; met: boolean } | null;
  /** It stands still; what the page says of that. */
  paused?: string | null;
  /** The counting, one step a line. */
  why?: string[];
}

export function DueClock(props: Due) {
  const t = useText();
  const zone = useZone();
  const [opened, setOpened] = useState(false);
  if (props.why === undefined || props.why.length === 0) return <Face {...props} />;
  return (
    <Popover opened={opened} onChange={setOpened} width={320} position="bottom-start" withArrow shadow="md">
      <Popover.Target>
        <button type="button" className={styles.button} onClick={() => setOpened(!opened)} onKeyDown={(event) => event.key === "Escape" && setOpened(false)}>
          <Face {...props} />
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <p className={styles.title}>{t.parts.whyDue}</p>
        <ol className={styles.why}>
          {props.why.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
        <p className={styles.sum}>= {full(props.due, zone)}</p>
      </Popover.Dropdown>
    </Popover>
  );
}

function Face(props: Due) {
  const t = useText();
  const zone = useZone();
  const { language } = useLanguage();
  const now = useNow();
  const title = `${t.parts.due} ${full(props.due, zone)}`;
  if (props.stopped != null) {
    const { met } = props.stopped;
    return (
      <span className={styles.clock} data-state={met ? "met" : "missed"} title={title}>
        {met ? <CircleCheck size={14} aria-hidden /> : <TriangleAlert size={14} aria-hidden />}
        {met ? t.parts.met : t.parts.missed}
      </span>
    );
  }
  if (props.paused != null) {
    return (
      <span className={styles.clock} data-state="paused" title={title}>
        <CirclePause size={14} aria-hidden />
        {props.paused}
      </span>
    );
  }
  const state = clockState(props.due, now, props.start);
  const left = span(new Date(props.due).getTime() - now, language);
  return (
    <span className={styles.clock} data-state={state} title={title}>
      {state === "missed" ? <TriangleAlert size={14} aria-hidden /> : <Clock size={14} aria-hidden />}
      {state === "missed" ? t.parts.exceeded(left) : t.parts.remaining(left)}
    </span>
  );
}
