/** Whether what was typed is safe, and what to do where two people wrote the same item. */
import { CircleCheck, CloudOff, Pencil, TriangleAlert } from "lucide-react";
import type { Dictionary } from "../../i18n/dictionary";
import { useText } from "../../i18n/language";
import { Conflict } from "../../parts/Conflict";
import { Failure } from "../../parts/Failure";
import styles from "./SaveState.module.css";
import type { SheetState, Standing } from "./sheet";
import { type Part, valueOf, type Written, writtenOf } from "./written";

const ICONS: Record<Standing, typeof CircleCheck> = { blank: Pencil, typing: Pencil, saving: Pencil, saved: CircleCheck, away: CloudOff, refused: TriangleAlert, conflict: TriangleAlert };

export function SaveState(props: { state: SheetState }) {
  const t = useText();
  const { standing, error } = props.state;
  const Icon = ICONS[standing];
  return (
    <div className={styles.save} data-standing={standing}>
      <p role="status">
        <Icon size={15} aria-hidden /> {t.request.save[standing]}
      </p>
      {standing === "refused" && <Failure error={error} />}
    </div>
  );
}

export function SaveConflict(props: { state: SheetState; resolve: (take: "mine" | "theirs") => void }) {
  const { conflict, written } = props.state;
  if (conflict === null) return null;
  return (
    <Conflict
      theirs={<Values of={writtenOf(conflict.theirs)} parts={conflict.parts} />}
      mine={<Values of={written} parts={conflict.parts} />}
      takeTheirs={() => props.resolve("theirs")}
      takeMine={() => props.resolve("mine")}
    />
  );
}

function Values(props: { of: Written; parts: Part[] }) {
  const t = useText();
  return (
    <dl className={styles.values}>
      {props.parts.map((part) => (
        <div key={part}>
          <dt>{t.requests.words.item[part]}</dt>
          <dd>{shown(valueOf(props.of, part), t) || t.request.unsaid}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A value of an item as text. */
export function shown(value: unknown, t: Dictionary): string {
  if (typeof value === "boolean") return value ? t.words.yes : t.words.no;
  if (Array.isArray(value)) return value.map((each) => shown(each, t)).join(t.parts.comma);
  if (typeof value === "object" && value !== null && "raw" in value) return [value.raw, "wished" in value ? value.wished : null].filter(Boolean).join(" ");
  if (typeof value !== "string") return "";
  const { service, threat, urgency } = t.requests.words;
  return ({ ...service, ...threat, ...urgency } as Record<string, string>)[value] ?? value;
}
