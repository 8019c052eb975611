/** The eight sections in their fixed order: found, nothing found in …, or not collected. */
import { Tabs } from "@mantine/core";
import { useEffect, useRef } from "react";
import type { AlertPage, Section, SectionItem, SectionKind } from "../../api/types";
import { Term } from "../../glossary/Term";
import { useLanguage, useText } from "../../i18n/language";
import { Value } from "../../indicator/Value";
import { Time } from "../../parts/Time";
import styles from "./Sections.module.css";
import { citedEventsAddress, fullListAddress } from "./queries";
import { itemKey } from "./selection";
import type { Shared } from "./shared";

interface Opened extends Shared {
  page: AlertPage;
  org: string;
  open: SectionKind;
  setOpen: (section: SectionKind) => void;
}

export function Sections(props: Opened) {
  const t = useText();
  const { triage, marked } = props;
  return (
    <section className={styles.panel} aria-labelledby="sections">
      <div className={styles.head}>
        <h2 id="sections">
          <Term name="sections">{t.alert.sections}</Term>
        </h2>
        <Files page={props.page} />
      </div>
      <Tabs value={props.open} onChange={(value) => props.setOpen(triage.sections.find(({ kind }) => kind === value)?.kind ?? props.open)} keepMounted={false}>
        <Tabs.List className={styles.tabs}>
          {triage.sections.map((section, index) => {
            const hits = section.items.filter((_, each) => marked.items.has(itemKey(section.kind, each))).length;
            return (
              <Tabs.Tab key={section.kind} value={section.kind} data-marked={hits > 0} className={styles.tab}>
                {String.fromCodePoint(0x2460 + index)} {t.words.sectionShort[section.kind]} <Count section={section} />
              </Tabs.Tab>
            );
          })}
        </Tabs.List>
        {triage.sections.map((section) => (
          <Tabs.Panel key={section.kind} value={section.kind} className={styles.body}>
            <Body {...props} section={section} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </section>
  );
}

/** What can be saved beside the report: every row, and the events that the verdict rests on. */
function Files(props: { page: AlertPage }) {
  const t = useText();
  const { language } = useLanguage();
  const { alert, full_list, full_list_failed, cites_events } = props.page;
  return (
    <p className={styles.files}>
      {full_list === null ? (
        <span>{full_list_failed ? t.alert.fullListFailed : t.alert.fullListPending}</span>
      ) : (
        <a href={fullListAddress(alert.id, language)}>{t.alert.fullList(full_list.rows.toLocaleString(), full_list.total.toLocaleString())}</a>
      )}
      {cites_events && <a href={citedEventsAddress(alert.id)}>{t.alert.citedEvents}</a>}
    </p>
  );
}

function Count(props: { section: Section }) {
  const t = useText();
  const { state, total } = props.section;
  return <span className={styles.count}>{state === "not_collected" ? t.alert.notCollectedShort : total.toLocaleString()}</span>;
}

function Body(props: Opened & { section: Section }) {
  const t = useText();
  const { section } = props;
  const join = (names: string[]) => names.join(t.parts.comma);
  return (
    <>
      <h3>{t.words.section[section.kind]}</h3>
      {section.state === "nothing" && <p>{t.alert.sectionState.nothing(join(section.searched))}</p>}
      {section.state === "not_collected" && <p>{t.alert.sectionState.not_collected(join(section.missing_audit.length > 0 ? section.missing_audit : section.searched))}</p>}
      {section.items.length > 0 && <Rows {...props} />}
      {section.total > section.items.length && section.items.length > 0 && <p className={styles.note}>{t.alert.sectionMore(section.items.length, section.total)}</p>}
      {section.state !== "not_collected" && section.missing_audit.length > 0 && <p className={styles.note}>{t.alert.missingAudit(join(section.missing_audit))}</p>}
    </>
  );
}

function Rows(props: Opened & { section: Section }) {
  const t = useText();
  const { section } = props;
  const head = t.alert.sectionColumns;
  return (
    <div className={styles.scroll}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{head.time}</th>
            <th scope="col">{head.what}</th>
            <th scope="col">{head.details}</th>
            <th scope="col" className={styles.number}>
              {head.count}
            </th>
          </tr>
        </thead>
        <tbody>
          {section.items.map((item, index) => (
            <Row key={itemKey(section.kind, index)} item={item} index={index} {...props} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row(props: Opened & { section: Section; item: SectionItem; index: number }) {
  const t = useText();
  const { item, section, index, selection, marked } = props;
  const row = useRef<HTMLTableRowElement>(null);
  const selected = selection?.kind === "item" && selection.section === section.kind && selection.index === index;
  useEffect(() => {
    if (selected) row.current?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  return (
    <tr ref={row} data-marked={marked.items.has(itemKey(section.kind, index))} data-after={item.after_detection}>
      <td className={styles.time}>
        <Time at={item.time} />
        {item.after_detection && <span className={styles.after}>{t.alert.afterDetection}</span>}
      </td>
      <td>
        <button type="button" className={styles.what} aria-pressed={selected} onClick={() => props.select({ kind: "item", section: section.kind, index })}>
          {item.what}
        </button>
      </td>
      <td>
        <dl className={styles.details}>
          {item.details.map(([name, value]) => (
            <div key={`${name}-${value}`}>
              <dt>{t.alert.details[name] ?? name}</dt>
              <dd>
                <Value name={name} value={value} org={props.org} />
              </dd>
            </div>
          ))}
        </dl>
      </td>
      <td className={styles.number}>{item.count.toLocaleString()}</td>
    </tr>
  );
}
