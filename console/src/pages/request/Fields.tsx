/** The items of a request as fields, in the order of the form: the same on the call sheet and on the request's page. */
import { Checkbox, Input, NativeSelect, SegmentedControl, Textarea, TextInput } from "@mantine/core";
import { useId } from "react";
import { useZone } from "../../api/queries";
import type { RequestForm, Tlp } from "../../api/types";
import { useText } from "../../i18n/language";
import { instantOf, localInput } from "../../time/local";
import { oneOf } from "../../url/search";
import { SERVICES } from "../requests/search";
import { ZoneInput } from "../settings/ZoneInput";
import styles from "./Fields.module.css";
import { type Item, missing, type Written } from "./written";

export interface Fielded {
  written: Written;
  change: (part: Partial<Written>) => void;
  /** A contact has declared an emergency. */
  emergency: boolean;
}

const TLPS = ["TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"] as const satisfies readonly Tlp[];
const LANGUAGES = ["ja", "en"] as const;
const THREATS = ["ongoing", "contained", "future"] as const;
const URGENCIES = ["urgent", "non_urgent"] as const;

/** Whom one speaks with. */
export function CallerFields(props: Fielded) {
  return (
    <div className={styles.pair}>
      <Contact {...props} name="name" />
      <Contact {...props} name="phone_primary" inputMode="tel" />
    </div>
  );
}

/** Everything else. `named`: also the organisation as it was named. */
export function ItemFields(props: Fielded & { named?: boolean }) {
  const t = useText();
  const { written, change } = props;
  const { form } = written;
  const set = (part: Partial<RequestForm>) => change({ form: { ...form, ...part } });
  const pressing = props.emergency || form.service === "emergency";
  return (
    <div className={styles.fields}>
      {props.named === true && <Line {...props} item="organization" />}
      <Textarea
        id="item-sites"
        label={<Label item="sites" {...props} />}
        placeholder={t.call.sitesHint}
        autosize
        minRows={1}
        value={form.sites.map(({ raw }) => raw).join("\n")}
        onChange={(event) => set({ sites: sites(event.currentTarget.value, form.sites) })}
      />
      <div className={styles.pair}>
        <Contact {...props} name="phone_secondary" inputMode="tel" />
        <Contact {...props} name="email" inputMode="email" />
      </div>
      <Choice {...props} item="service" words={t.requests.words.service} known={SERVICES} value={form.service} choose={(service) => set({ service })} />
      <Words {...props} item="request" hint={t.call.requestHint} rows={3} />
      {pressing && (
        <>
          <Words {...props} item="indicators" hint={t.call.indicatorsHint} rows={2} />
          <Choice {...props} item="state" words={t.requests.words.threat} known={THREATS} value={form.state} choose={(state) => set({ state })} />
          <Words {...props} item="business_impact" hint={t.call.impactHint} rows={2} />
        </>
      )}
      <Choice {...props} item="urgency" note={t.call.urgencyNote} words={t.requests.words.urgency} known={URGENCIES} value={form.urgency} choose={(urgency) => set({ urgency })} />
      <Scoping {...props} />
      <div className={styles.pair}>
        <NativeSelect label={t.requests.words.item.tlp} data={TLPS.map((tlp) => ({ value: tlp, label: `${tlp} — ${t.words.tlp[tlp]}` }))} value={written.tlp} onChange={(event) => change({ tlp: oneOf(event.currentTarget.value, TLPS) ?? written.tlp })} />
        {props.named === true && (
          <NativeSelect
            label={t.requests.words.item.language}
            data={LANGUAGES.map((language) => ({ value: language, label: t.words.language[language] }))}
            value={written.language}
            onChange={(event) => change({ language: oneOf(event.currentTarget.value, LANGUAGES) ?? written.language })}
          />
        )}
      </div>
      <Checkbox label={t.call.sensitive} checked={written.sensitive} onChange={(event) => change({ sensitive: event.currentTarget.checked })} />
    </div>
  );
}

function Label(props: Fielded & { item: Item }) {
  const t = useText();
  const open = missing(props.written.form, props.emergency).includes(props.item);
  return (
    <>
      {t.requests.words.item[props.item]} {open && <span className={styles.open}>{t.request.unsaid}</span>}
    </>
  );
}

function Contact(props: Fielded & { name: keyof RequestForm["contact"]; inputMode?: "tel" | "email" }) {
  const { written, change, name } = props;
  const { contact } = written.form;
  return (
    <TextInput
      id={`item-contact.${name}`}
      label={<Label item={`contact.${name}`} {...props} />}
      maxLength={500}
      inputMode={props.inputMode ?? "text"}
      autoComplete="off"
      value={contact[name] ?? ""}
      onChange={(event) => change({ form: { ...written.form, contact: { ...contact, [name]: event.currentTarget.value } } })}
    />
  );
}

function Line(props: Fielded & { item: "organization" }) {
  const { written, change, item } = props;
  return <TextInput id={`item-${item}`} label={<Label {...props} />} maxLength={500} value={written.form[item] ?? ""} onChange={(event) => change({ form: { ...written.form, [item]: event.currentTarget.value } })} />;
}

function Words(props: Fielded & { item: "request" | "indicators" | "business_impact"; hint: string; rows: number }) {
  const { written, change, item } = props;
  return (
    <Textarea
      id={`item-${item}`}
      label={<Label {...props} />}
      placeholder={props.hint}
      autosize
      minRows={props.rows}
      maxLength={20_000}
      value={written.form[item] ?? ""}
      onChange={(event) => change({ form: { ...written.form, [item]: event.currentTarget.value } })}
    />
  );
}

function Choice<Word extends string>(props: Fielded & { item: Item; note?: string; words: Record<Word, string>; known: readonly Word[]; value: Word | null; choose: (word: Word | null) => void }) {
  const t = useText();
  const id = useId();
  return (
    <Input.Wrapper label={<Label {...props} />} labelElement="div" labelProps={{ id }} description={props.note}>
      <SegmentedControl
        id={`item-${props.item}`}
        className={styles.choice}
        size="xs"
        aria-labelledby={id}
        data={[{ value: "", label: t.call.choose }, ...props.known.map((word) => ({ value: word, label: props.words[word] }))]}
        value={props.value ?? ""}
        onChange={(word) => props.choose(oneOf(word, props.known) ?? null)}
      />
    </Input.Wrapper>
  );
}

/** When they would like to talk: as said, and the instant that was meant. */
function Scoping(props: Fielded) {
  const t = useText();
  const own = useZone();
  const { written, change } = props;
  const wish = written.form.scoping_call ?? { raw: "", wished: null, tz: null };
  const zone = known(wish.tz) ? wish.tz : own;
  const set = (part: Partial<typeof wish>) => change({ form: { ...written.form, scoping_call: { ...wish, ...part } } });
  const move = (tz: string) => set({ tz, wished: wish.wished === null || !known(tz) ? wish.wished : instantOf(localInput(wish.wished, zone), tz) });
  return (
    <div className={styles.scoping}>
      <TextInput id="item-scoping_call" label={<Label item="scoping_call" {...props} />} placeholder={t.call.scopingHint} maxLength={500} value={wish.raw} onChange={(event) => set({ raw: event.currentTarget.value })} />
      <TextInput
        type="datetime-local"
        label={t.call.scopingWished}
        value={wish.wished === null ? "" : localInput(wish.wished, zone)}
        onChange={(event) => set({ wished: instantOf(event.currentTarget.value, zone), tz: wish.tz ?? zone })}
      />
      <ZoneInput label={t.call.scopingZone} value={wish.tz ?? own} change={move} required={false} />
    </div>
  );
}

function known(zone: string | null): zone is string {
  try {
    return zone !== null && new Intl.DateTimeFormat("en", { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
}

/** One a line; what was known of a place stays with its words. */
function sites(text: string, before: RequestForm["sites"]): RequestForm["sites"] {
  if (text === "") return [];
  return text.split("\n").map((raw) => before.find((site) => site.raw === raw) ?? { raw, city: null, state: null, country: null });
}
