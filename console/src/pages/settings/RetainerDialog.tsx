import { Checkbox, NumberInput, Textarea, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { post, put } from "../../api/client";
import type { Agreed, ClockDuty, Retainer } from "../../api/types";
import { useText } from "../../i18n/language";
import { say } from "../../parts/toast";
import { ActDialog } from "../request/ActDialog";
import { SERVICES } from "../requests/search";
import styles from "./SettingsPage.module.css";

/** Duties that a contract usually sets a term for; others that it names stay as they are. */
const DUTIES = ["first_answer", "on_site", "inquiry_answer"] as const satisfies readonly ClockDuty[];
const USUAL: Partial<Record<ClockDuty, string>> = { first_answer: "elapsed:1", on_site: "elapsed:24", inquiry_answer: "bh:8;cal=desk" };
const EMPTY: Agreed = { reference: "", from: "", until: "", services: ["emergency", "proactive", "inquiry"], hours: 0, terms: {}, note: "" };

export function RetainerDialog(props: { org: string; retainer: Retainer | null; onClose: () => void }) {
  const t = useText();
  const client = useQueryClient();
  const { retainer } = props;
  const [agreed, setAgreed] = useState<Agreed>(retainer?.agreed ?? EMPTY);
  const set = (part: Partial<Agreed>) => setAgreed((before) => ({ ...before, ...part }));
  const ready = agreed.reference.trim() !== "" && agreed.from !== "" && agreed.until !== "" && agreed.services.length > 0;
  const act = async () => {
    const terms = Object.fromEntries(Object.entries(agreed.terms).filter(([, rule]) => String(rule).trim() !== ""));
    const body = { ...agreed, terms };
    try {
      if (retainer === null) await post(`/organizations/${encodeURIComponent(props.org)}/retainers`, body);
      else await put(`/retainers/${encodeURIComponent(retainer.id)}`, { agreed: body, expected_version: retainer.version });
    } finally {
      await client.invalidateQueries({ queryKey: ["retainers"] });
    }
    say(retainer === null ? t.retainers.added : t.retainers.changed);
  };
  return (
    <ActDialog title={retainer === null ? t.retainers.add : t.retainers.changeOf(retainer.agreed.reference)} act={retainer === null ? t.retainers.add : t.retainers.change} ready={ready} onAct={act} onClose={props.onClose}>
      <TextInput data-autofocus required maxLength={200} label={t.retainers.reference} value={agreed.reference} onChange={(event) => set({ reference: event.currentTarget.value })} />
      <div className={styles.term}>
        <TextInput type="date" required label={t.retainers.from} value={agreed.from} onChange={(event) => set({ from: event.currentTarget.value })} />
        <TextInput type="date" required label={t.retainers.until} value={agreed.until} onChange={(event) => set({ until: event.currentTarget.value })} />
        <NumberInput label={t.retainers.hours} min={0} max={100_000} allowDecimal={false} value={agreed.hours} onChange={(hours) => set({ hours: Number(hours) })} />
      </div>
      {retainer !== null && <p className={styles.reason}>{t.retainers.zoneNote(retainer.time_zone)}</p>}
      <Checkbox.Group label={t.retainers.services} value={agreed.services} error={agreed.services.length === 0 ? t.retainers.servicesMissing : null} onChange={(chosen) => set({ services: SERVICES.filter((service) => chosen.includes(service)) })}>
        <div className={styles.choices}>
          {SERVICES.map((service) => (
            <Checkbox key={service} value={service} label={t.requests.words.service[service]} />
          ))}
        </div>
      </Checkbox.Group>
      <Terms agreed={agreed} set={set} />
      <Textarea label={t.retainers.note} placeholder={t.retainers.noteHint} autosize minRows={2} value={agreed.note} onChange={(event) => set({ note: event.currentTarget.value })} />
    </ActDialog>
  );
}

/** Terms as rules, with how a rule is written beside them (docs/clocks.md). */
function Terms(props: { agreed: Agreed; set: (part: Partial<Agreed>) => void }) {
  const t = useText();
  const { agreed, set } = props;
  const duties = [...DUTIES, ...Object.keys(agreed.terms).filter((duty) => !(DUTIES as readonly string[]).includes(duty))] as ClockDuty[];
  const rules = t.retainers.rules;
  return (
    <fieldset className={styles.terms}>
      <legend>{t.retainers.terms}</legend>
      <p className={styles.reason}>{t.retainers.termsNote}</p>
      <div className={styles.term}>
        {duties.map((duty) => (
          <TextInput
            key={duty}
            label={t.requests.words.duty[duty]}
            placeholder={USUAL[duty]}
            styles={{ input: { fontFamily: "var(--mono)" } }}
            value={String(agreed.terms[duty] ?? "")}
            onChange={(event) => set({ terms: { ...agreed.terms, [duty]: event.currentTarget.value } })}
          />
        ))}
      </div>
      <details>
        <summary>{t.retainers.rulesTitle}</summary>
        <dl className={styles.rules}>
          {([["elapsed:4", rules.elapsed], ["bh:8;cal=desk", rules.business], ["bd:3;cal=desk", rules.days], ["month:1", rules.month]] as const).map(([rule, meaning]) => (
            <div key={rule}>
              <dt>
                <code>{rule}</code>
              </dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
        <p className={styles.reason}>{t.retainers.calendars}</p>
      </details>
    </fieldset>
  );
}
