/** Duty: what needs me now, and whether the house is in order. */
import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { duty, useMe } from "../../api/queries";
import type { Duty, Lane } from "../../api/types";
import { useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/States";
import { usePageTitle } from "../../parts/title";
import { Card } from "./Card";
import styles from "./DutyPage.module.css";
import { Health } from "./Health";
import { Trend } from "./Trend";

const LANES: Lane[] = ["overdue", "within_two_hours", "waiting", "watch"];

export function DutyPage() {
  const t = useText();
  const { org } = useSearch({ from: "/inside" });
  const { person } = useMe();
  usePageTitle(t.duty.title);
  const { data, error, refetch } = useQuery(duty(org));
  return (
    <>
      <div className={styles.head}>
        <h1>{t.duty.title}</h1>
        <p>{t.duty.lead}</p>
      </div>
      {!person.has_password && (
        <p className={styles.hint}>
          {t.duty.noPassword} <Link to="/settings">{t.duty.setPassword}</Link>
        </p>
      )}
      {error !== null && data === undefined ? <Failure error={error} retry={() => void refetch()} /> : data === undefined ? <Loading lines={8} /> : <Board duty={data} />}
    </>
  );
}

function Board(props: { duty: Duty }) {
  const t = useText();
  return (
    <div className={styles.board}>
      <div className={styles.lanes}>
        {LANES.map((lane) => {
          const cards = props.duty.lanes[lane];
          return (
            <section key={lane} className={styles.lane} data-lane={lane} data-filled={cards.length > 0} aria-labelledby={`lane-${lane}`}>
              <h2 id={`lane-${lane}`}>
                {t.words.lane[lane]} <span className={styles.count}>{t.duty.count(cards.length)}</span>
              </h2>
              {cards.length === 0 ? (
                <p className={styles.none}>{t.duty.laneEmpty[lane]}</p>
              ) : (
                <ul>
                  {cards.map((card) => (
                    <li key={`${card.kind}-${card.id}`}>
                      <Card card={card} />
                    </li>
                  ))}
                </ul>
              )}
            </section>
          );
        })}
      </div>
      <aside className={styles.side}>
        <Trend days={props.duty.trend} />
        <Health health={props.duty.health} />
      </aside>
    </div>
  );
}
