import { useText } from "../../i18n/language";
import styles from "./Reasons.module.css";

/** What to do now, most urgent first, and what the examination could not see. */
export function Advice(props: { advice: string[]; limits: string[] }) {
  const t = useText();
  if (props.advice.length === 0 && props.limits.length === 0) return null;
  return (
    <section className={styles.panel} aria-labelledby="advice">
      <h2 id="advice">{t.alert.advice}</h2>
      <ol>
        {props.advice.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      {props.limits.length > 0 && (
        <>
          <h3>{t.alert.limits}</h3>
          <ul>
            {props.limits.map((limit) => (
              <li key={limit}>{limit}</li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
