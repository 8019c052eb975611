/** What the verdict rests on, point by point, and what was not known. */
import { CircleHelp } from "lucide-react";
import { type ReactNode, useRef, useState } from "react";
import type { Finding } from "../../api/types";
import { useText } from "../../i18n/language";
import { useKeys, useStepKeys } from "../../keys/useKeys";
import { signed } from "../../parts/Chips";
import styles from "./Reasons.module.css";
import type { Shared } from "./shared";

/** Unknown things that stand open. The style sheet hides the others. */
const FIRST = 3;

export function Reasons(props: Shared & { children?: ReactNode }) {
  const t = useText();
  const { triage, selection, marked } = props;
  const list = useRef<HTMLUListElement>(null);
  useStepKeys(list);
  const most = Math.max(1, ...triage.findings.map(({ points }) => Math.abs(points)));
  return (
    <section className={styles.panel} aria-labelledby="reasons">
      <h2 id="reasons">{t.alert.reasons}</h2>
      <p className={styles.rule}>{triage.judgement.rule}</p>
      {triage.findings.length === 0 && <p className={styles.rule}>{t.alert.noReasons}</p>}
      <ul ref={list} className={styles.list}>
        {triage.findings.map((finding) => (
          <li key={finding.id}>
            <Reason
              finding={finding}
              most={most}
              marked={marked.findings.has(finding.id)}
              selected={selection?.kind === "finding" && selection.id === finding.id}
              select={() => props.select({ kind: "finding", id: finding.id })}
            />
          </li>
        ))}
      </ul>
      {triage.unknown.length > 0 && <Unknown unknown={triage.unknown} />}
      {props.children}
    </section>
  );
}

/** What could weigh most stands open, the rest is one key away; paper shows all. */
function Unknown(props: { unknown: Shared["triage"]["unknown"] }) {
  const t = useText();
  const [whole, setWhole] = useState(false);
  // One missing source leaves several items unknown: the sentence stands once.
  const reasons = [...new Set(props.unknown.map(({ reason }) => reason))];
  const toggle = () => setWhole(!whole);
  useKeys({ u: toggle });
  return (
    <>
      <h3>{t.alert.unknown(reasons.length)}</h3>
      <ul id="unknown" className={styles.unknown} data-whole={whole}>
        {reasons.map((reason) => (
          <li key={reason}>
            <CircleHelp size={14} aria-hidden /> {reason}
          </li>
        ))}
      </ul>
      {reasons.length > FIRST && (
        <button type="button" className={styles.more} aria-expanded={whole} aria-controls="unknown" onClick={toggle}>
          {whole ? t.alert.unknownLess : t.alert.unknownMore(reasons.length - FIRST)} <kbd aria-hidden="true">u</kbd>
        </button>
      )}
    </>
  );
}

function Reason(props: { finding: Finding; most: number; marked: boolean; selected: boolean; select: () => void }) {
  const t = useText();
  const { finding } = props;
  const points = signed(finding.points);
  return (
    <button type="button" className={styles.reason} data-marked={props.marked} aria-pressed={props.selected} onClick={props.select}>
      <span className={styles.points} data-against={finding.points > 0}>
        <span aria-hidden="true">{points}</span>
        <span className="only-read">{t.alert.points(points)}</span>
      </span>
      <span className={styles.track} aria-hidden="true">
        <span className={styles.bar} data-against={finding.points > 0} style={{ width: `${(Math.abs(finding.points) / props.most) * 100}%` }} />
      </span>
      <span className={styles.text}>{finding.reason}</span>
      <span className={styles.foot}>
        {t.words.family[finding.family] ?? finding.family}
        {finding.events.length > 0 && ` · ${t.alert.eventCount(finding.events.length)}`}
      </span>
    </button>
  );
}
