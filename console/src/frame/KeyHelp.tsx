import { Modal } from "@mantine/core";
import { useText } from "../i18n/language";
import type { Dictionary } from "../i18n/dictionary";
import styles from "./KeyHelp.module.css";

const KEYS: [keyof Dictionary["frame"]["keyList"], string[]][] = [
  ["search", ["/"]],
  ["palette", ["Ctrl", "K"]],
  ["duty", ["g", "d"]],
  ["alerts", ["g", "a"]],
  ["requests", ["g", "q"]],
  ["cases", ["g", "c"]],
  ["endpoints", ["g", "e"]],
  ["hunt", ["g", "h"]],
  ["rules", ["g", "r"]],
  ["settings", ["g", "s"]],
  ["next", ["j"]],
  ["previous", ["k"]],
  ["open", ["Enter"]],
  ["select", ["x"]],
  ["unknown", ["u"]],
  ["run", ["Ctrl", "Enter"]],
  ["newCall", ["n"]],
  ["take", ["t"]],
  ["emergency", ["Ctrl", "E"]],
  ["urgent", ["Ctrl", "U"]],
  ["finish", ["Ctrl", "Enter"]],
  ["keep", ["Ctrl", "Shift", "Enter"]],
  ["help", ["?"]],
];

export function KeyList() {
  const t = useText();
  return (
    <dl className={styles.keys}>
      {KEYS.map(([name, keys]) => (
        <div key={name}>
          <dt>
            {keys.map((key, index) => (
              <span key={key}>
                {index > 0 && <small>{keys[0] === "Ctrl" ? "+" : t.frame.then}</small>}
                <kbd>{key}</kbd>
              </span>
            ))}
          </dt>
          <dd>{t.frame.keyList[name]}</dd>
        </div>
      ))}
    </dl>
  );
}

export function KeyHelp(props: { onClose: () => void }) {
  const t = useText();
  return (
    <Modal opened onClose={props.onClose} title={t.frame.keys} closeButtonProps={{ "aria-label": t.parts.close }}>
      <KeyList />
    </Modal>
  );
}
