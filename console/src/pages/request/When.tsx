/** When something happened: now, unless somebody says otherwise. */
import { TextInput } from "@mantine/core";
import { useState } from "react";
import { useZone } from "../../api/queries";
import { instantOf, localInput } from "../../time/local";

export interface Chosen {
  shown: string;
  set: (local: string) => void;
  /** Null where nobody has changed it: the server's now, to the second. */
  at: string | null;
}

export function useWhen(first?: string): Chosen {
  const zone = useZone();
  const [shown, setShown] = useState(() => localInput(first ?? new Date().toISOString(), zone));
  const [changed, setChanged] = useState(false);
  const set = (local: string) => {
    setShown(local);
    setChanged(true);
  };
  return { shown, set, at: changed ? instantOf(shown, zone) : null };
}

export function When(props: { label: string; note: string; when: Chosen }) {
  const { when } = props;
  return <TextInput type="datetime-local" required label={props.label} description={props.note} value={when.shown} onChange={(event) => when.set(event.currentTarget.value)} />;
}
