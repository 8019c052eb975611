import { Checkbox, Input, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { useZone } from "../../api/queries";
import type { OrganizationRef } from "../../api/types";
import { useText } from "../../i18n/language";
import { Time } from "../../parts/Time";
import { instantOf, localInput } from "../../time/local";
import { oneOf } from "../../url/search";
import { focusItem } from "../request/focus";
import { retainersOf } from "../request/queries";
import type { Sheet, SheetState } from "../request/sheet";
import styles from "./CallPage.module.css";

const LANGUAGES = ["ja", "en"] as const;
const CHANNELS = ["hotline", "in_person"] as const;

/** Who calls, since when, in which language. With the organisation the request is there. */
export function Beginning(props: { sheet: Sheet; state: SheetState; organizations: OrganizationRef[] }) {
  const t = useText();
  const zone = useZone();
  const { sheet, state } = props;
  const there = state.page !== null;
  const chosen = props.organizations.find(({ id }) => id === state.org);
  const language = useId();
  return (
    <div className={styles.beginning}>
      <div className={styles.wide}>
        {there ? (
          <Fixed label={t.call.organization}>{state.page?.request.org_name ?? chosen?.name}</Fixed>
        ) : (
          <Select
            id="item-organization"
            label={t.call.organization}
            placeholder={t.call.organizationHint}
            searchable
            autoFocus
            size="md"
            limit={30}
            autoSelectOnBlur={false}
            selectFirstOptionOnChange
            openOnFocus={false}
            comboboxProps={{ withinPortal: false }}
            nothingFoundMessage={t.call.organizationNone}
            data={props.organizations.map(({ id, name }) => ({ value: id, label: name }))}
            value={state.org}
            onChange={(id) => {
              const org = props.organizations.find((each) => each.id === id);
              if (org === undefined) return;
              sheet.choose(org.id, org.name);
              // The field becomes a heading: the call goes on with who calls.
              setTimeout(() => focusItem("contact.name"), 0);
            }}
          />
        )}
        {state.org !== null && <Retained org={state.org} />}
      </div>
      {there ? (
        <Fixed label={t.call.began}>
          <Time at={state.receivedAt} />
        </Fixed>
      ) : (
        <TextInput
          type="datetime-local"
          label={t.call.began}
          description={t.call.beganNote}
          value={localInput(state.receivedAt, zone)}
          onChange={(event) => {
            const at = instantOf(event.currentTarget.value, zone);
            if (at !== null) sheet.begin({ receivedAt: at });
          }}
        />
      )}
      <Input.Wrapper label={t.call.language} labelElement="div" labelProps={{ id: language }}>
        <SegmentedControl
          className={styles.segments}
          aria-labelledby={language}
          data={LANGUAGES.map((each) => ({ value: each, label: t.words.language[each] }))}
          value={state.written.language}
          onChange={(each) => sheet.change({ language: oneOf(each, LANGUAGES) ?? "ja" })}
        />
      </Input.Wrapper>
      {there ? (
        <p className={styles.fixedNote}>{t.call.organizationFixed}</p>
      ) : (
        <Checkbox
          className={styles.inPerson}
          label={t.requests.words.channel.in_person}
          checked={state.channel === "in_person"}
          onChange={(event) => sheet.begin({ channel: CHANNELS[event.currentTarget.checked ? 1 : 0] ?? "hotline" })}
        />
      )}
    </div>
  );
}

function Fixed(props: { label: string; children: React.ReactNode }) {
  return (
    <div className={styles.fixed}>
      <span>{props.label}</span>
      <strong>{props.children}</strong>
    </div>
  );
}

/** Whether the work is agreed on, before anything is promised. */
function Retained(props: { org: string }) {
  const t = useText();
  const { data } = useQuery(retainersOf(props.org));
  if (data === undefined) return null;
  const holding = data.filter(({ holds }) => holds);
  if (holding.length === 0) return <p className={styles.retained}>{t.call.retainerNone}</p>;
  return (
    <>
      {holding.map(({ id, agreed }) => (
        <p key={id} className={styles.retained} data-holds>
          <strong>{t.call.retainerHolds(agreed.reference, agreed.until)}</strong> {t.call.retainerCovers(agreed.services.map((service) => t.requests.words.service[service]).join(t.parts.comma))}
        </p>
      ))}
    </>
  );
}
