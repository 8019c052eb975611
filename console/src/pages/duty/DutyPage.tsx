/** Duty: what needs me now, and whether the house is in order. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useRef, useState } from "react";
import { duty, useMe } from "../../api/queries";
import type { Duty, DutyCard, Lane } from "../../api/types";
import { useText } from "../../i18n/language";
import { useStepKeys } from "../../keys/useKeys";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/States";
import { usePageTitle } from "../../parts/title";
import { Card } from "./Card";
import styles from "./DutyPage.module.css";
import { firstOf } from "./first";
import { Health } from "./Health";
import { Trend } from "./Trend";

/** A chunk of its own: the first view does not wait for it. */
const RequestStrip = lazy(() => import("./RequestStrip").then((module) => ({ default: module.RequestStrip })));

const LANES: Lane[] = ["overdue", "within_two_hours", "waiting", "watch"];
/** Cards of a lane that are drawn at first: a flood in one lane leaves the others in sight; and with each piece more. */
const FIRST = 6;
const PIECE = 30;
/** The desk sends no more cards of a kind; there may be others. */
const KNOWN = 200;

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
      <Suspense>
        <RequestStrip org={org} />
      </Suspense>
      {error !== null && data === undefined ? <Failure error={error} retry={() => void refetch()} /> : data === undefined ? <Loading lines={8} /> : <Board duty={data} />}
    </>
  );
}

function Board(props: { duty: Duty }) {
  const lanes = useRef<HTMLDivElement>(null);
  useStepKeys(lanes, "article a");
  return (
    <div className={styles.board}>
      <div ref={lanes} className={styles.lanes}>
        <Next lanes={props.duty.lanes} />
        {LANES.map((lane) => (
          <Column key={lane} lane={lane} cards={props.duty.lanes[lane]} />
        ))}
      </div>
      <aside className={styles.side}>
        <Trend days={props.duty.trend} />
        <Health health={props.duty.health} />
      </aside>
    </div>
  );
}

/** One lane, its most urgent cards first; a flood of alerts is drawn piece by piece, so that the page stays quick. */
function Column(props: { lane: Lane; cards: DutyCard[] }) {
  const t = useText();
  const { lane, cards } = props;
  const [drawn, setDrawn] = useState(FIRST);
  const left = cards.length - drawn;
  return (
    <section className={styles.lane} data-lane={lane} data-filled={cards.length > 0} aria-labelledby={`lane-${lane}`}>
      <h2 id={`lane-${lane}`}>
        {t.words.lane[lane]} <span className={styles.count}>{cards.length < KNOWN ? t.duty.count(cards.length) : t.duty.countAtLeast(KNOWN)}</span>
      </h2>
      {cards.length === 0 ? (
        <p className={styles.none}>{t.duty.laneEmpty[lane]}</p>
      ) : (
        <ul>
          {cards.slice(0, drawn).map((card) => (
            <li key={`${card.kind}-${card.id}`}>
              <Card card={card} />
            </li>
          ))}
        </ul>
      )}
      {left > 0 && (
        <Button variant="default" size="compact-sm" mt={8} onClick={() => setDrawn(drawn + PIECE)}>
          {t.duty.more(left)}
        </Button>
      )}
    </section>
  );
}

/** What comes first of all, above the lanes: in view at any width, however many cards the lanes hold. */
function Next(props: { lanes: Duty["lanes"] }) {
  const t = useText();
  const { overdue, within_two_hours } = props.lanes;
  const first = firstOf(props.lanes);
  // A single card needs no pointing at.
  if (first === null || overdue.length + within_two_hours.length < 2) return null;
  return (
    <section className={styles.next} aria-labelledby="next">
      <h2 id="next">{t.duty.next}</h2>
      <Card card={first} />
    </section>
  );
}
