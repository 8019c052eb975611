import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { CircleCheck, Phone } from "lucide-react";
import { useState } from "react";
import { useMe } from "../../api/queries";
import type { RequestPage, RequestRow } from "../../api/types";
import { useText } from "../../i18n/language";
import { useKeys } from "../../keys/useKeys";
import { AssignMenu } from "../../parts/AssignMenu";
import { CopyButton } from "../../parts/CopyButton";
import { DrillChip, TlpChip } from "../../parts/Chips";
import { Time } from "../../parts/Time";
import { say } from "../../parts/toast";
import { useSayFailure } from "../../parts/useSayFailure";
import { FirstClock, PriorityChip, rankNumber, SensitiveChip, ServiceChip } from "../requests/RequestChips";
import { EndDialog } from "./EndDialog";
import styles from "./RequestPage.module.css";
import { useRequestAct } from "./queries";

/** What it is, how pressing and why, by when, who. */
export function RequestHeader(props: { page: RequestPage; may: boolean }) {
  const t = useText();
  const { page } = props;
  const { request: of } = page;
  return (
    <header className={styles.header}>
      <div className={styles.title}>
        <h1>{of.org_name}</h1>
        <span className={styles.state} data-state={of.state}>
          {t.requests.words.state[of.state]}
        </span>
        <PriorityChip priority={of.priority} large={of.priority !== "normal"} />
        <ServiceChip service={of.service} />
        {of.sensitive && <SensitiveChip />}
        {of.drill && <DrillChip />}
        <TlpChip tlp={of.tlp} />
      </div>
      <div className={styles.line}>
        <FirstClock row={of} />
        <span className={styles.ground} data-best-effort={of.retainer === null}>
          {of.retainer === null ? t.request.bestEffort : t.request.retainer(of.retainer)}
        </span>
      </div>
      <p className={styles.why}>
        <strong title={t.request.why}>{t.requests.rankNumber(rankNumber(of))}</strong> {of.why.join(" / ")}
      </p>
      <Facts page={page} />
      {of.ended !== null && (
        <p className={styles.dim}>
          <strong>{t.requests.words.outcome[of.ended.outcome]}</strong> {t.request.endedBy(of.ended.by.name)} <Time at={of.ended.at} />: {of.ended.reason}
        </p>
      )}
      {props.may && <Acts page={page} />}
    </header>
  );
}

function Facts(props: { page: RequestPage }) {
  const t = useText();
  const { request: of } = props.page;
  const { words, columns } = t.requests;
  const facts: [string, React.ReactNode][] = [
    [columns.reference, <>{of.reference} <CopyButton value={of.reference} label={t.parts.copyReference} /></>],
    [t.request.received, <><Time at={of.received_at} /> · {words.channel[of.channel]}</>],
    [t.request.contact, of.contact ?? t.words.none],
    [columns.language, t.words.language[of.language]],
    [t.parts.assignee, of.assignee?.name ?? t.words.nobody],
    ["", of.written_by === null ? t.request.byDesk : t.request.by(of.written_by.name)],
  ];
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Acts(props: { page: RequestPage }) {
  const t = useText();
  const { request: of } = props.page;
  const { person } = useMe();
  const sayFailure = useSayFailure();
  const [ending, setEnding] = useState(false);
  const unchanged = (fresh: RequestRow) => fresh.assignee?.id === of.assignee?.id && fresh.state === of.state;
  const act = useRequestAct<{ person: string | null }>(of, "assign", unchanged);
  const assign = async (to: string | null) => {
    await act.mutateAsync({ person: to });
    say(t.request.assigned);
  };
  useKeys({
    t: () => {
      if (of.assignee === null) void assign(person.id).catch(sayFailure);
    },
  });
  return (
    <div className={styles.actions}>
      {of.assignee === null && (
        <Button size="xs" loading={act.isPending} onClick={() => void assign(person.id).catch(sayFailure)} aria-keyshortcuts="t">
          {t.request.take}
        </Button>
      )}
      <AssignMenu assignee={of.assignee} assign={assign} />
      <Button size="xs" variant="default" leftSection={<CircleCheck size={15} aria-hidden />} onClick={() => setEnding(true)}>
        {t.request.end}
      </Button>
      <Button size="xs" variant="subtle" renderRoot={(root) => <Link {...root} to="/requests/new" search={{ request: of.id }} />} leftSection={<Phone size={15} aria-hidden />}>
        {t.request.callSheet}
      </Button>
      {ending && <EndDialog page={props.page} onClose={() => setEnding(false)} />}
    </div>
  );
}
