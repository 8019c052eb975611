/** Settings: the person, the organisation, mail, keys, exceptions. */
import { Link, useSearch } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useMe } from "../../api/queries";
import { KeyList } from "../../frame/KeyHelp";
import { useText } from "../../i18n/language";
import { usePageTitle } from "../../parts/title";
import { ApiKeys } from "./ApiKeys";
import { Exceptions } from "./Exceptions";
import { FailedJobs } from "./FailedJobs";
import { Lists } from "./Lists";
import { MailServerForm } from "./MailServerForm";
import { Myself } from "./Myself";
import { OrganizationForm } from "./OrganizationForm";
import { Outbox } from "./Outbox";
import { People } from "./People";
import styles from "./SettingsPage.module.css";
import { SETTINGS, type SettingsTab } from "./search";

const SECTIONS: Record<SettingsTab, () => React.ReactNode> = {
  me: () => <Myself />,
  organization: () => <OrganizationForm />,
  people: () => <People />,
  mail: () => <MailServerForm />,
  outbox: () => <Outbox />,
  jobs: () => <FailedJobs />,
  keys: () => <ApiKeys />,
  exceptions: () => <Exceptions />,
  lists: () => <Lists />,
  shortcuts: () => <Shortcuts />,
};

export function SettingsPage() {
  const t = useText();
  const { tab = "me" } = useSearch({ from: "/inside/settings" });
  const { roles } = useMe().person;
  const hidden: SettingsTab[] = roles.includes("operator") ? [] : ["people", "mail", "jobs", "keys"];
  const menu = useRef<HTMLElement>(null);
  // On a phone the menu is one line that scrolls: where one is must be seen.
  useEffect(() => menu.current?.querySelector(`[aria-current="page"]`)?.scrollIntoView({ block: "nearest", inline: "center" }), [tab]);
  usePageTitle(`${t.settings.tabs[tab]} — ${t.settings.title}`);
  return (
    <>
      <h1 className={styles.title}>{t.settings.title}</h1>
      <div className={styles.columns}>
        <nav ref={menu} className={styles.menu} aria-label={t.settings.sections}>
          {SETTINGS.filter((each) => !hidden.includes(each)).map((each) => (
            <Link key={each} to="/settings" search={{ tab: each }} activeOptions={{ includeSearch: true, exact: true }} aria-current={each === tab ? "page" : undefined}>
              {t.settings.tabs[each]}
            </Link>
          ))}
        </nav>
        <div className={styles.body}>{SECTIONS[tab]()}</div>
      </div>
    </>
  );
}

function Shortcuts() {
  const t = useText();
  return (
    <section className={styles.panel}>
      <h2>{t.settings.tabs.shortcuts}</h2>
      <KeyList />
    </section>
  );
}
