/** One sheet, from the first word of a call to its end. */
import { useMediaQuery } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { post } from "../../api/client";
import type { OrganizationRef, Priority, Proof, RequestPage } from "../../api/types";
import { useText } from "../../i18n/language";
import { useKeys } from "../../keys/useKeys";
import { say } from "../../parts/toast";
import { useSayFailure } from "../../parts/useSayFailure";
import { useMe } from "../../api/queries";
import { CallerFields, ItemFields } from "../request/Fields";
import { focusItem } from "../request/focus";
import { SaveConflict } from "../request/SaveState";
import { useSheet } from "../request/queries";
import type { Kept, Sheet, SheetState } from "../request/sheet";
import { Beginning } from "./Beginning";
import { Beside } from "./Beside";
import { CallHead } from "./CallHead";
import styles from "./CallPage.module.css";
import { Declared } from "./Declared";
import { EndButtons, NoIncident } from "./Ends";
import { ReadBack } from "./ReadBack";
import { SignAdvice, SignChoice } from "./Signs";
import { Identity } from "./Identity";
import { tickedRemark } from "./ticked";

interface Opened {
  kept: Kept;
  page: RequestPage | null;
  organizations: OrganizationRef[];
  created?: (page: RequestPage) => void;
}

export function CallSheet(props: Opened) {
  const t = useText();
  const [sheet, state] = useSheet(props.kept, props.page, props.created);
  const acts = useActs(sheet, state);
  const { page, written } = state;
  const fields = { written, change: (part: Partial<typeof written>) => sheet.change(part), emergency: page?.request.priority === "emergency" };
  const narrow = useMediaQuery("(max-width: 1100px)") ?? false;
  const org = props.organizations.find(({ id }) => id === state.org);
  return (
    <article className={styles.page}>
      <CallHead state={state} />
      <div className={styles.columns}>
        <div className={styles.sheet}>
          {state.conflict !== null && <SaveConflict state={state} resolve={(take) => sheet.resolve(take)} />}
          <Section name="call">
            <Beginning sheet={sheet} state={state} organizations={props.organizations} />
          </Section>
          <Section name="caller">
            <CallerFields {...fields} />
            <Declared page={page} nameless={acts.nameless && (written.form.contact.name ?? "").trim() === ""} declare={acts.declare} />
          </Section>
          <Section name="identity">
            <Identity page={page} who={(written.form.contact.name ?? "").trim()} verify={acts.verify} />
          </Section>
          <Section name="signs">
            <SignChoice chosen={written.signs} choose={(signs) => sheet.change({ signs })} />
            {narrow && written.signs.length > 0 && <SignAdvice sheet={sheet} state={state} />}
          </Section>
          <Section name="items" lead={t.call.asFar}>
            <ItemFields {...fields} />
          </Section>
          <Section name="readBack" lead={t.call.readBackLead}>
            <ReadBack state={state} org={org?.name ?? written.form.organization} />
          </Section>
          <EndButtons ready={page !== null} finish={acts.finish} leave={acts.leave} noIncident={() => acts.askEnd(true)} />
        </div>
        <Beside sheet={sheet} state={state} emergency={fields.emergency} narrow={narrow} />
      </div>
      {acts.ending && page !== null && <NoIncident page={page} end={acts.end} onClose={() => acts.askEnd(false)} />}
    </article>
  );
}

function Section(props: { name: "call" | "caller" | "identity" | "signs" | "items" | "readBack"; lead?: string; children: React.ReactNode }) {
  const t = useText();
  return (
    <section className={styles.section} aria-labelledby={`call-${props.name}`}>
      <h2 id={`call-${props.name}`}>{t.call.sections[props.name]}</h2>
      {props.lead !== undefined && <p className={styles.lead}>{props.lead}</p>}
      {props.children}
    </section>
  );
}

/** What is done from the sheet; each act first sends what is written. */
function useActs(sheet: Sheet, state: SheetState) {
  const t = useText();
  const navigate = useNavigate();
  const client = useQueryClient();
  const sayFailure = useSayFailure();
  const { person } = useMe();
  const [nameless, setNameless] = useState(false);
  const [ending, askEnd] = useState(false);
  const { page, written, ticked } = state;
  const to = (id: string, act: string) => `/requests/${encodeURIComponent(id)}/${act}`;
  const act = (name: string, body: object) => sheet.act((id) => post<RequestPage>(to(id, name), body));
  const declare = (priority: Priority) => {
    const who = (written.form.contact.name ?? "").trim();
    if (state.org === null) return say(t.call.declareNeedsOrg);
    if (who === "") {
      setNameless(true);
      return focusItem("contact.name");
    }
    setNameless(false);
    void act("declare", { priority, who, channel: state.channel }).then(() => say(t.request.declareDone(t.requests.words.priority[priority])), sayFailure);
  };
  const verify = (proof: Proof, who: string) => void act("verify", { proof, who }).then(() => say(t.request.verified), sayFailure);
  /** What was ticked becomes a remark, so that the next one knows what was asked. */
  const closeSheet = async (id: string) => {
    const remark = tickedRemark(ticked, t.call);
    if (remark !== null) await post(to(id, "comments"), { text: remark });
    sheet.done();
    await Promise.all([["queue"], ["requests"], ["request", id]].map((queryKey) => client.invalidateQueries({ queryKey })));
  };
  /** Upon what the sheet shows: what somebody else has taken or ended meanwhile is not taken from them unread. */
  const guardedAct = (name: string, body: object) => sheet.act((id, expected_version) => post<RequestPage>(to(id, name), { ...body, expected_version }));
  const finish = async () => {
    const { request } = await guardedAct("assign", { person: person.id });
    await closeSheet(request.id);
    say(t.requests.taken(request.reference));
    await navigate({ to: "/requests/$id", params: { id: request.id } });
  };
  const leave = async () => {
    const { request } = await sheet.act(() => Promise.resolve(sheet.state().page as RequestPage));
    await closeSheet(request.id);
    say(t.call.keptDone);
    await navigate({ to: "/requests" });
  };
  const end = async (reason: string) => {
    const { request } = await guardedAct("end", { outcome: "no_incident", reason });
    await closeSheet(request.id);
    say(t.request.ended);
    await navigate({ to: "/requests" });
  };
  const doing = (what: () => Promise<void>) => () => (page === null ? say(t.call.declareNeedsOrg) : void what().catch(sayFailure));
  const [finishNow, leaveNow] = [doing(finish), doing(leave)];
  const free = (run: () => void) => () => document.querySelector('[role="dialog"][aria-modal="true"]') === null && run();
  useKeys({
    "mod+e": free(() => declare("emergency")),
    "mod+u": free(() => declare("urgent")),
    "mod+s": free(() => void sheet.flush()),
    "mod+Enter": (event) => free(event.shiftKey ? leaveNow : finishNow)(),
  });
  return { declare, verify, finish: finishNow, leave: leaveNow, end, ending, askEnd, nameless };
}
