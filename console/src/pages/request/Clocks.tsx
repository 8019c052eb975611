/** The clocks of a request: what is due by when, who says so, how it was counted, and what people did with them. */
import { Button } from "@mantine/core";
import { useState } from "react";
import type { ClockAct, ClockDuty, RequestClock as Clock, RequestPage } from "../../api/types";
import { useText } from "../../i18n/language";
import { Time } from "../../parts/Time";
import { RequestClock } from "../requests/RequestChips";
import { ClockDialog } from "./ClockDialog";
import styles from "./RequestPage.module.css";

export interface Asked {
  duty: ClockDuty;
  act: ClockAct;
}

export function Clocks(props: { page: RequestPage; may: boolean }) {
  const t = useText();
  const { request: of } = props.page;
  const [asked, setAsked] = useState<Asked | null>(null);
  const mayStart = props.may && of.retainer !== null && (of.service === "emergency" || of.priority === "emergency") && !of.clocks.some(({ duty, stopped_at }) => duty === "on_site" && stopped_at === null);
  return (
    <section className={styles.box} aria-labelledby="clocks">
      <h2 id="clocks">{t.request.clocks}</h2>
      {of.retainer === null && <p className={styles.dim}>{t.request.bestEffortNote}</p>}
      {of.retainer !== null && of.clocks.length === 0 && <p className={styles.dim}>{of.service === null ? t.request.waitsForService : t.request.noClocks}</p>}
      <ul className={styles.clocks}>
        {of.clocks.map((clock) => (
          <li key={`${clock.duty}-${clock.started_at}`} data-standing={clock.standing}>
            <One clock={clock} act={props.may ? (act) => setAsked({ duty: clock.duty, act }) : null} />
          </li>
        ))}
      </ul>
      {mayStart && (
        <Button mt={8} size="xs" variant="default" onClick={() => setAsked({ duty: "on_site", act: "start" })}>
          {t.request.clock.startOf(t.requests.words.duty.on_site)}
        </Button>
      )}
      {asked !== null && <ClockDialog page={props.page} asked={asked} onClose={() => setAsked(null)} />}
    </section>
  );
}

function One(props: { clock: Clock; act: ((act: ClockAct) => void) | null }) {
  const t = useText();
  const { clock, act } = props;
  const { words } = t.requests;
  const acts = possible(clock);
  return (
    <>
      <div className={styles.clockTop}>
        <h3>{words.duty[clock.duty]}</h3>
        <RequestClock clock={clock} />
        {clock.standing !== "paused" && clock.standing !== "uncounted" && <span className={styles.standing}>{words.standing[clock.standing]}</span>}
      </div>
      <dl className={styles.facts}>
        {clock.due_at !== null && (
          <div>
            <dt>{t.request.clock.due}</dt>
            <dd>
              <Time at={clock.due_at} />
            </dd>
          </div>
        )}
        <div>
          <dt>{t.request.clock.started}</dt>
          <dd>
            <Time at={clock.started_at} />
          </dd>
        </div>
        {clock.stopped_at !== null && (
          <div>
            <dt>{t.request.clock.stopped}</dt>
            <dd>
              <Time at={clock.stopped_at} />
            </dd>
          </div>
        )}
        <div>
          <dt>{words.source[clock.source]}</dt>
          <dd>
            <code>{clock.rule}</code>
          </dd>
        </div>
      </dl>
      <Before clock={clock} />
      {act !== null && acts.length > 0 && (
        <div className={styles.actions}>
          {acts.map((each) => (
            <Button key={each} size="compact-xs" variant={each === "stop" ? "filled" : "default"} onClick={() => act(each)} aria-label={t.request.clock.actOf(words.duty[clock.duty], t.request.clock.acts[each])}>
              {t.request.clock.acts[each]}
            </Button>
          ))}
        </div>
      )}
    </>
  );
}

/** What can be done to a clock as it stands; the server has the last word. */
function possible(clock: Clock): ClockAct[] {
  if (clock.stopped_at !== null) return [];
  // What is overdue cannot be paused: a breach is never taken back.
  if (clock.standing === "overdue" || clock.standing === "uncounted") return ["stop", "rebase"];
  return clock.standing === "paused" ? ["resume", "stop", "rebase"] : ["stop", "pause", "rebase"];
}

/** Pauses and starts that no longer count: nothing of a clock is forgotten. */
function Before(props: { clock: Clock }) {
  const t = useText();
  const { pauses, earlier } = props.clock;
  if (pauses.length === 0 && earlier.length === 0) return null;
  return (
    <div className={styles.before}>
      {pauses.length > 0 && (
        <>
          <h4>{t.request.clock.pauses}</h4>
          <ul>
            {pauses.map((pause) => (
              <li key={pause.from}>
                <Time at={pause.from} form="short" /> – {pause.until === null ? t.request.clock.lasting : <Time at={pause.until} form="short" />}: {pause.reason}
                {pause.by !== null && <span className={styles.dim}> {t.request.clock.by(pause.by.name)}</span>}
              </li>
            ))}
          </ul>
        </>
      )}
      {earlier.length > 0 && (
        <>
          <h4>{t.request.clock.earlier}</h4>
          <ul>
            {earlier.map((start) => (
              <li key={start.replaced_at}>
                <Time at={start.started_at} form="short" />: {start.reason} {start.missed && <strong className={styles.breach}>{t.request.clock.earlierMissed}</strong>}{" "}
                <span className={styles.dim}>
                  {start.by !== null && t.request.clock.replaced(start.by.name)} <Time at={start.replaced_at} form="short" />
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
