/** The line at the top: organisation, clocks, language, colours, person. */
import { ActionIcon, Menu, NativeSelect, useMantineColorScheme } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { CircleUserRound, Keyboard, Languages, LogOut, Search, SunMoon, UserRound } from "lucide-react";
import { remove } from "../api/client";
import { useMe, useZone } from "../api/queries";
import { useLanguage, useText } from "../i18n/language";
import { clock, offset } from "../time/format";
import { useNow } from "../time/now";
import styles from "./TopLine.module.css";

export function TopLine(props: { search: () => void; keys: () => void }) {
  const t = useText();
  return (
    <header className={styles.top}>
      <OrganizationSwitch />
      <button type="button" className={styles.search} onClick={props.search} aria-keyshortcuts="/">
        <Search size={15} aria-hidden />
        <span className={styles.word}>{t.frame.search}</span>
        <kbd aria-hidden="true">/</kbd>
      </button>
      <Clocks />
      <LanguageSwitch />
      <PersonMenu keys={props.keys} />
    </header>
  );
}

/** Providers see several organisations; one of them, or all, is part of the address. */
function OrganizationSwitch() {
  const t = useText();
  const { organizations } = useMe();
  const { org } = useSearch({ from: "/inside" });
  const navigate = useNavigate();
  const only = organizations.length === 1 ? organizations[0] : undefined;
  if (only !== undefined) return <strong className={styles.organization}>{only.name}</strong>;
  const options = [{ value: "", label: t.frame.allOrganizations }, ...organizations.map(({ id, name }) => ({ value: id, label: name }))];
  return (
    <NativeSelect
      className={styles.organization}
      size="xs"
      aria-label={t.frame.organization}
      data={options}
      value={org ?? ""}
      onChange={(event) => void navigate({ to: ".", search: (before) => ({ ...before, org: event.currentTarget.value || undefined }) })}
    />
  );
}

function Clocks() {
  const t = useText();
  const zone = useZone();
  const now = new Date(useNow());
  const iso = now.toISOString();
  return (
    <dl className={styles.clocks} aria-label={t.frame.clocks}>
      <div>
        <dt>{offset(now, zone)}</dt>
        <dd>{clock(iso, zone)}</dd>
      </div>
      <div>
        <dt>UTC</dt>
        <dd>{clock(iso, "UTC")}</dd>
      </div>
    </dl>
  );
}

function LanguageSwitch() {
  const t = useText();
  const { language, switchTo } = useLanguage();
  const client = useQueryClient();
  const other = language === "ja" ? "en" : "ja";
  const change = async () => {
    await switchTo(other);
    await client.invalidateQueries();
  };
  return (
    <button type="button" className={styles.language} onClick={() => void change()} title={t.frame.language}>
      <Languages size={16} aria-hidden />
      <span lang={other}>{t.words.language[other]}</span>
    </button>
  );
}

function PersonMenu(props: { keys: () => void }) {
  const t = useText();
  const { person } = useMe();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const leave = useMutation({
    mutationFn: () => remove("/session"),
    onSettled: () => {
      client.clear();
      return navigate({ to: "/sign-in", search: {} });
    },
  });
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" size="lg" aria-label={`${t.frame.person}: ${person.name}`} title={person.name}>
          <CircleUserRound size={20} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{person.name}</Menu.Label>
        {(["auto", "light", "dark"] as const).map((scheme) => (
          <Menu.Item key={scheme} leftSection={<SunMoon size={16} aria-hidden />} aria-current={scheme === colorScheme} onClick={() => setColorScheme(scheme)}>
            {t.frame.colours[scheme]}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item component={Link} to="/settings" leftSection={<UserRound size={16} aria-hidden />}>
          {t.frame.myself}
        </Menu.Item>
        <Menu.Item leftSection={<Keyboard size={16} aria-hidden />} onClick={props.keys}>
          {t.frame.keys}
        </Menu.Item>
        <Menu.Item leftSection={<LogOut size={16} aria-hidden />} onClick={() => leave.mutate()}>
          {t.frame.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
