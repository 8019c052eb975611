/** A hash, address, path or command with what can be done to it: copy, copy defanged, hunt, excuse. */
import { Menu } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { Copy, Crosshair, ShieldCheck, ShieldOff } from "lucide-react";
import { useText } from "../i18n/language";
import { copyText } from "../parts/clipboard";
import { say } from "../parts/toast";
import { defang } from "./defang";
import { excusable, huntFor, type IndicatorKind, kindOf } from "./kinds";
import styles from "./Value.module.css";

export function Value(props: { name: string; value: string; org?: string; short?: boolean }) {
  const t = useText();
  const kind = kindOf(props.name, props.value);
  return (
    <Menu position="bottom-start" shadow="md" withinPortal>
      <Menu.Target>
        <button type="button" className={styles.value} data-short={props.short} title={props.value} aria-label={t.parts.actionsOn(props.value)}>
          {props.value}
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Actions kind={kind} value={props.value} org={props.org} />
      </Menu.Dropdown>
    </Menu>
  );
}

function Actions(props: { kind: IndicatorKind; value: string; org: string | undefined }) {
  const t = useText();
  const navigate = useNavigate();
  const { kind, value } = props;
  const copy = async (text: string) => {
    await copyText(text);
    say(t.parts.copied);
  };
  const safe = defang(value);
  const excuse = excusable(kind);
  return (
    <>
      <Menu.Item leftSection={<Copy size={15} aria-hidden />} onClick={() => void copy(value)}>
        {t.parts.copy}
      </Menu.Item>
      {safe !== value && (
        <Menu.Item leftSection={<ShieldOff size={15} aria-hidden />} onClick={() => void copy(safe)}>
          {t.parts.copyDefanged} <span className={styles.preview}>{safe.slice(0, 60)}</span>
        </Menu.Item>
      )}
      <Menu.Item onClick={() => void navigate({ to: "/hunt", search: { sql: huntFor(kind, value), run: "1", org: props.org } })} leftSection={<Crosshair size={15} aria-hidden />}>
        {t.parts.hunt}
      </Menu.Item>
      {excuse !== null && (
        <Menu.Item onClick={() => void navigate({ to: "/settings", search: { tab: "exceptions", add: `${excuse}:${value}`, org: props.org } })} leftSection={<ShieldCheck size={15} aria-hidden />}>
          {t.parts.addException}
        </Menu.Item>
      )}
    </>
  );
}
