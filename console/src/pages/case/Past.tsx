/** A case as it stood at an instant: the slider that goes there, and the frame that nobody takes for the present. */
import { Button } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { History } from "lucide-react";
import { useId, type ReactNode } from "react";
import { useZone } from "../../api/queries";
import type { CasePage } from "../../api/types";
import { useText } from "../../i18n/language";
import { Time } from "../../parts/Time";
import { full } from "../../time/format";
import styles from "./CasePage.module.css";
import { stopOf, stops } from "./stops";

/** One place for each change of the case, the last is now. */
export function Past(props: { now: CasePage; instant?: string }) {
  const t = useText();
  const zone = useZone();
  const id = useId();
  const navigate = useNavigate({ from: "/cases/$id" });
  const all = stops(props.now);
  if (all.length < 2) return null;
  const place = props.instant === undefined ? all.length : stopOf(all, props.instant);
  const go = (next: number) => void navigate({ search: (before) => ({ ...before, as_of: all[next] }), replace: true });
  const shown = all[place];
  return (
    <div className={styles.past}>
      <label htmlFor={id}>
        <History size={15} aria-hidden /> {t.incident.past.label}
      </label>
      <input
        id={id}
        type="range"
        min={0}
        max={all.length}
        step={1}
        value={place}
        aria-valuetext={shown === undefined ? t.incident.past.now : full(shown, zone)}
        onChange={(event) => go(Number(event.currentTarget.value))}
      />
      <output htmlFor={id}>{shown === undefined ? t.incident.past.now : <Time at={shown} />}</output>
    </div>
  );
}

/** Around everything that is not the present. */
export function PastFrame(props: { now: CasePage; instant: string; children: ReactNode }) {
  const t = useText();
  const zone = useZone();
  const navigate = useNavigate({ from: "/cases/$id" });
  return (
    <article className={styles.page} data-past>
      <div className={styles.pastBand} role="status">
        <strong>{t.incident.past.shown(full(props.instant, zone))}</strong>
        <span>{t.incident.past.readOnly}</span>
        <Button size="xs" variant="white" color="dark" onClick={() => void navigate({ search: (before) => ({ ...before, as_of: undefined }) })}>
          {t.incident.past.back}
        </Button>
      </div>
      <Past now={props.now} instant={props.instant} />
      {props.children}
    </article>
  );
}
