import { useText } from "../../i18n/language";
import { focusItem } from "../request/focus";
import type { Sheet, SheetState } from "../request/sheet";
import { missing } from "../request/written";
import styles from "./CallPage.module.css";
import { SignAdvice } from "./Signs";

/** Beside the form: what is still missing, what to ask, which keys there are. */
export function Beside(props: { sheet: Sheet; state: SheetState; emergency: boolean; narrow: boolean }) {
  const t = useText();
  const items = missing(props.state.written.form, props.emergency);
  return (
    <aside className={styles.beside}>
      <section className={styles.panel} aria-labelledby="call-missing">
        <h2 id="call-missing">
          {t.call.missing} <span className={styles.count}>{items.length}</span>
        </h2>
        {items.length === 0 ? (
          <p className={styles.dim}>{t.call.missingNone}</p>
        ) : (
          <ul className={styles.missing}>
            {items.map((item) => (
              <li key={item}>
                <button type="button" onClick={() => focusItem(item)} aria-label={t.call.missingGo(t.requests.words.item[item])}>
                  {t.requests.words.item[item]}
                </button>
              </li>
            ))}
          </ul>
        )}
      </section>
      {!props.narrow && (
        <section className={styles.panel} aria-label={t.call.questions}>
          <SignAdvice sheet={props.sheet} state={props.state} />
        </section>
      )}
      <section className={styles.panel} aria-labelledby="call-keys">
        <h2 id="call-keys">{t.call.keysTitle}</h2>
        <dl className={styles.keys}>
          {(
            [
              ["Ctrl E", t.call.keys.emergency],
              ["Ctrl U", t.call.keys.urgent],
              ["Ctrl S", t.call.keys.save],
              ["Ctrl Enter", t.call.keys.finish],
              ["Ctrl Shift Enter", t.call.keys.keep],
            ] as const
          ).map(([keys, what]) => (
            <div key={keys}>
              <dt>
                <kbd>{keys}</kbd>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </section>
    </aside>
  );
}
