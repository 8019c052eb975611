import { Checkbox, Chip } from "@mantine/core";
import { useText } from "../../i18n/language";
import { useSigns } from "../request/queries";
import type { Sheet, SheetState } from "../request/sheet";
import styles from "./CallPage.module.css";
import { tick } from "./ticked";

/** What the caller tells of, in the words of callers. */
export function SignChoice(props: { chosen: string[]; choose: (signs: string[]) => void }) {
  const t = useText();
  const signs = useSigns();
  return (
    <>
      <p className={styles.lead}>{t.call.signsLead}</p>
      <Chip.Group multiple value={props.chosen} onChange={props.choose}>
        <div className={styles.signs}>
          {signs.map(({ sign, title }) => (
            <Chip key={sign} value={sign} size="sm" variant="outline">
              {title}
            </Chip>
          ))}
        </div>
      </Chip.Group>
    </>
  );
}

/** What to ask and what to have kept first, to be ticked off while talking. */
export function SignAdvice(props: { sheet: Sheet; state: SheetState }) {
  const t = useText();
  const signs = useSigns();
  const { written, ticked } = props.state;
  const chosen = signs.filter(({ sign }) => written.signs.includes(sign));
  if (chosen.length === 0) return <p className={styles.dim}>{t.call.noSigns}</p>;
  return (
    <>
      {chosen.map(({ sign, title, questions, evidence }) => (
        <section key={sign} className={styles.advice} aria-labelledby={`sign-${sign}`}>
          <h3 id={`sign-${sign}`}>{title}</h3>
          {([["question", t.call.questions, questions], ["evidence", t.call.evidence, evidence]] as const).map(([kind, head, texts]) => (
            <fieldset key={kind}>
              <legend>{head}</legend>
              {texts.map((text) => (
                <Checkbox key={text} size="xs" label={text} checked={ticked.includes(tick(kind, text))} onChange={() => props.sheet.tick(tick(kind, text))} />
              ))}
            </fieldset>
          ))}
        </section>
      ))}
    </>
  );
}
