import { Link } from "@tanstack/react-router";
import { BellRing, FolderOpen } from "lucide-react";
import type { DutyCard } from "../../api/types";
import { useText } from "../../i18n/language";
import { DrillChip, SeverityChip, VerdictChip } from "../../parts/Chips";
import { DueClock } from "../../parts/DueClock";
import styles from "./Card.module.css";

/** One thing to do: title, chip, one line, clock, owner. The whole card is the link. */
export function Card(props: { card: DutyCard }) {
  const t = useText();
  const { card } = props;
  const Icon = card.kind === "alert" ? BellRing : FolderOpen;
  return (
    <article className={styles.card}>
      <div className={styles.chips}>
        <Icon size={15} aria-label={card.kind === "alert" ? t.duty.alert : t.duty.case} />
        {card.severity !== null && <SeverityChip severity={card.severity} />}
        {(card.kind === "alert" || card.verdict !== null) && <VerdictChip verdict={card.verdict} />}
        {card.drill && <DrillChip />}
      </div>
      <h3>
        <Link to={card.kind === "alert" ? "/alerts/$id" : "/cases/$id"} params={{ id: card.id }}>
          {card.title}
        </Link>
      </h3>
      <p className={styles.line}>{card.line}</p>
      <div className={styles.foot}>
        {card.due_at !== null && <DueClock due={card.due_at} />}
        <span className={styles.owner}>
          {card.org_name} · {card.owner === null ? t.words.nobody : t.duty.owner(card.owner.name)}
        </span>
      </div>
    </article>
  );
}
