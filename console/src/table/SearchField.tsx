import { TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { Search } from "lucide-react";
import { useEffect, useState } from "react";
import styles from "../pages/alerts/AlertsPage.module.css";

/** Typed text filters after a short rest, so that each key does not ask the server. Follows the address where that changes by itself. */
export function SearchField(props: { label: string; hint: string; value: string | undefined; change: (q: string | undefined) => void }) {
  const { value = "" } = props;
  const [typed, setTyped] = useState(value);
  const apply = useDebouncedCallback((q: string) => props.change(q.trim() || undefined), 250);
  useEffect(() => setTyped((before) => (before.trim() === value ? before : value)), [value]);
  return (
    <TextInput
      size="xs"
      type="search"
      className={styles.query}
      aria-label={props.label}
      placeholder={props.hint}
      leftSection={<Search size={14} aria-hidden />}
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        apply(event.currentTarget.value);
      }}
    />
  );
}
