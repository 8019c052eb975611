import { Button, NativeSelect, SegmentedControl, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Channel, Priority, RequestPage } from "../../api/types";
import { useText } from "../../i18n/language";
import { Time } from "../../parts/Time";
import { say } from "../../parts/toast";
import { oneOf } from "../../url/search";
import { PriorityChip } from "../requests/RequestChips";
import { ActDialog } from "./ActDialog";
import { useWhen, When } from "./When";
import styles from "./RequestPage.module.css";
import { useRequestAct } from "./queries";

const PRIORITIES = ["emergency", "urgent", "normal"] as const satisfies readonly Priority[];
const CHANNELS = ["hotline", "mail", "form", "in_person"] as const satisfies readonly Channel[];

/** Who declared which priority, and how; the last one counts. */
export function Declarations(props: { page: RequestPage; may: boolean }) {
  const t = useText();
  const [asking, setAsking] = useState(false);
  const said = [...props.page.declared].reverse();
  return (
    <section className={styles.box} aria-labelledby="declared">
      <h2 id="declared">{t.request.declared}</h2>
      {said.length === 0 && <p className={styles.dim}>{t.request.notDeclared}</p>}
      <ol className={styles.declared}>
        {said.map((each, index) => (
          <li key={`${each.at}-${each.priority}-${index}`} data-counts={index === 0}>
            <span className={styles.line}>
              <PriorityChip priority={each.priority} /> {t.request.declaredBy(each.who, t.requests.words.channel[each.channel])}
              {index === 0 && said.length > 1 && <span className={styles.dim}>{t.request.counts}</span>}
            </span>
            <span className={styles.dim}>
              <Time at={each.at} form="both" /> · {each.by === null ? t.request.byDesk : t.request.by(each.by.name)}
            </span>
          </li>
        ))}
      </ol>
      {props.may && (
        <Button mt={8} size="xs" variant="default" onClick={() => setAsking(true)}>
          {t.request.declare}
        </Button>
      )}
      {asking && <DeclareDialog page={props.page} onClose={() => setAsking(false)} />}
    </section>
  );
}

function DeclareDialog(props: { page: RequestPage; onClose: () => void }) {
  const t = useText();
  const { request: of } = props.page;
  const [priority, setPriority] = useState<Priority>("emergency");
  const [who, setWho] = useState(of.contact ?? "");
  const [channel, setChannel] = useState<Channel>(of.channel);
  const when = useWhen();
  // A declaration is added to those before: it overwrites none.
  const declare = useRequestAct<{ priority: Priority; who: string; channel: Channel; at: string | null }>(of, "declare", () => true);
  const name = t.requests.words.priority[priority];
  const act = async () => {
    await declare.mutateAsync({ priority, who: who.trim(), channel, at: when.at });
    say(t.request.declareDone(name));
  };
  return (
    <ActDialog title={t.request.declareTitle} act={t.request.declareAct(name)} ready={who.trim() !== ""} onAct={act} onClose={props.onClose}>
      <p className={styles.dim}>{t.request.declareNote}</p>
      <SegmentedControl
        fullWidth
        aria-label={t.request.priority}
        data={PRIORITIES.map((each) => ({ value: each, label: t.requests.words.priority[each] }))}
        value={priority}
        onChange={(value) => setPriority(oneOf(value, PRIORITIES) ?? priority)}
      />
      <TextInput data-autofocus required maxLength={200} label={t.request.who} value={who} onChange={(event) => setWho(event.currentTarget.value)} />
      <NativeSelect
        label={t.request.channel}
        data={CHANNELS.map((each) => ({ value: each, label: t.requests.words.channel[each] }))}
        value={channel}
        onChange={(event) => setChannel(oneOf(event.currentTarget.value, CHANNELS) ?? channel)}
      />
      <When label={t.request.clock.at} note={t.request.clock.atNote} when={when} />
    </ActDialog>
  );
}
