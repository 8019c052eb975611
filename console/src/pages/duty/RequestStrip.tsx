import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useText } from "../../i18n/language";
import { FirstClock, PriorityChip } from "../requests/RequestChips";
import { waiting } from "../requests/queries";
import styles from "./RequestStrip.module.css";

/** The beginning of the queue, so that a new emergency is seen here; nothing while nobody waits. */
export function RequestStrip(props: { org: string | undefined }) {
  const t = useText();
  const { data } = useQuery(waiting(props.org));
  if (data === undefined || data.total === 0) return null;
  return (
    <section className={styles.strip} aria-labelledby="waiting" data-emergency={data.items.some(({ priority }) => priority === "emergency")}>
      <h2 id="waiting">
        {t.requests.waiting} <Link to="/requests">{t.requests.all(data.total)}</Link>
      </h2>
      <ul>
        {data.items.map((row) => (
          <li key={row.id}>
            {row.priority !== "normal" && <PriorityChip priority={row.priority} />}
            <Link to="/requests/$id" params={{ id: row.id }} className={styles.name}>
              {row.org_name} <span className={styles.dim}>{row.reference}</span>
            </Link>
            <FirstClock row={row} />
            <span className={styles.dim}>{row.assignee?.name ?? t.words.nobody}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
