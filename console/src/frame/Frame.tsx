/** The frame around every page: rail, top line, drill band, news from the server, keys. */
import { Menu } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useSearch } from "@tanstack/react-router";
import { Ellipsis, PanelLeftClose, PanelLeftOpen } from "lucide-react";
import { useEffect, useState } from "react";
import { listen, useConnected } from "../api/live";
import { useMe } from "../api/queries";
import { useText } from "../i18n/language";
import { useKeys, useLeadKey } from "../keys/useKeys";
import { Toasts } from "../parts/toast";
import styles from "./Frame.module.css";
import { KeyHelp } from "./KeyHelp";
import { Palette } from "./Palette";
import { PLACES } from "./places";
import { TopLine } from "./TopLine";

const STORED = "hikeshi.rail";
const ON_PHONE = 4;

export function Frame() {
  const t = useText();
  const client = useQueryClient();
  const [open, setOpen] = useState<"search" | "go" | "keys" | null>(null);
  const [narrow, setNarrow] = useState(() => localStorage.getItem(STORED) === "narrow");
  useEffect(() => listen(client), [client]);
  useFrameKeys(setOpen);
  const toggle = () => {
    localStorage.setItem(STORED, narrow ? "wide" : "narrow");
    setNarrow(!narrow);
  };
  return (
    <div className={styles.frame} data-narrow={narrow}>
      <a className={styles.skip} href="#page">
        {t.frame.skip}
      </a>
      <Rail narrow={narrow} toggle={toggle} />
      <div className={styles.main}>
        <DrillBand />
        <TopLine search={() => setOpen("search")} keys={() => setOpen("keys")} />
        <ConnectionBanner />
        <main id="page" tabIndex={-1} className={styles.page}>
          <Outlet />
        </main>
      </div>
      {(open === "search" || open === "go") && <Palette mode={open} onClose={() => setOpen(null)} />}
      {open === "keys" && <KeyHelp onClose={() => setOpen(null)} />}
      <Toasts />
    </div>
  );
}

/** Keys that work on every page. */
function useFrameKeys(open: (what: "search" | "go" | "keys") => void): void {
  const navigate = useNavigate();
  useLeadKey();
  const places = Object.fromEntries(PLACES.map(({ key, to }) => [`g ${key}`, () => void navigate({ to })]));
  useKeys({ "/": () => open("search"), "mod+k": () => open("go"), "?": () => open("keys"), ...places });
}

function Rail(props: { narrow: boolean; toggle: () => void }) {
  const t = useText();
  const phone = useMediaQuery("(max-width: 760px)") ?? false;
  const shown = phone ? PLACES.slice(0, ON_PHONE) : PLACES;
  const label = props.narrow ? t.frame.expand : t.frame.collapse;
  return (
    <nav className={styles.rail} aria-label={t.frame.mainMenu}>
      <Link to="/duty" className={styles.brand} aria-label={t.frame.product}>
        <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
          <rect width="32" height="32" rx="7" className={styles.brandGround} />
          <path d="M16 4v4M9 10h14M11 10v7a5 5 0 0 0 10 0v-7M16 22v6" className={styles.brandMark} />
        </svg>
        <span>{t.frame.product}</span>
      </Link>
      <ul>
        {shown.map(({ name, to, icon: Icon }) => (
          <li key={name}>
            <Link to={to} className={styles.place} title={props.narrow ? t.frame.pages[name] : undefined}>
              <Icon size={18} aria-hidden />
              <span>{t.frame.pages[name]}</span>
            </Link>
          </li>
        ))}
        {phone && <More />}
      </ul>
      <button type="button" className={styles.collapse} onClick={props.toggle} aria-label={label} title={label}>
        {props.narrow ? <PanelLeftOpen size={18} aria-hidden /> : <PanelLeftClose size={18} aria-hidden />}
      </button>
    </nav>
  );
}

/** The places that the bottom bar of a phone has no room for. */
function More() {
  const t = useText();
  return (
    <li>
      <Menu position="top-end" shadow="md">
        <Menu.Target>
          <button type="button" className={styles.place}>
            <Ellipsis size={18} aria-hidden />
            <span>{t.frame.more}</span>
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {PLACES.slice(ON_PHONE).map(({ name, to, icon: Icon }) => (
            <Menu.Item key={name} component={Link} to={to} leftSection={<Icon size={16} aria-hidden />}>
              {t.frame.pages[name]}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </li>
  );
}

/** A fixed colour across everything that is a drill: shown where the chosen organisation, or all of them, are drills. */
function DrillBand() {
  const t = useText();
  const { organizations } = useMe();
  const { org } = useSearch({ from: "/inside" });
  const shown = org === undefined ? organizations : organizations.filter(({ id }) => id === org);
  if (shown.length === 0 || shown.some(({ drill }) => !drill)) return null;
  return (
    <aside className={styles.drill} aria-label={t.words.drill}>
      <strong>{t.words.drill}</strong> {t.frame.drillBand}
    </aside>
  );
}

function ConnectionBanner() {
  const t = useText();
  const connected = useConnected();
  return (
    <div aria-live="polite">
      {!connected && <p className={styles.offline}>{t.frame.offline}</p>}
    </div>
  );
}
