/** The call sheet: for somebody who is on the telephone. By keyboard alone, saved while they write, nothing that has to be filled in. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useMe } from "../../api/queries";
import { useLanguage, useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/States";
import { Time } from "../../parts/Time";
import { usePageTitle } from "../../parts/title";
import { dropDraft, keptDraft, keptOf, requestPage } from "../request/queries";
import type { Kept } from "../request/sheet";
import { blank } from "../request/written";
import styles from "./CallPage.module.css";
import { CallSheet } from "./CallSheet";

export function CallPage() {
  const t = useText();
  const { request: id } = useSearch({ from: "/inside/requests/new" });
  const navigate = useNavigate({ from: "/requests/new" });
  // The request that the open sheet itself has made: its address follows, the sheet stays.
  const [made, setMade] = useState<string | null>(null);
  const [sheets, setSheets] = useState(0);
  const followed = useRef(false);
  usePageTitle(t.call.title);
  useEffect(() => {
    if (made === null) return;
    if (id === made) followed.current = true;
    else if (followed.current) {
      followed.current = false;
      setMade(null);
      setSheets((before) => before + 1);
    }
  }, [id, made]);
  const created = (request: string) => {
    setMade(request);
    void navigate({ search: (before) => ({ ...before, request }), replace: true });
  };
  if (id !== undefined && id !== made) return <KnownCall key={id} id={id} />;
  return <NewCall key={sheets} created={created} />;
}

/** A new sheet; what was left unsaved by an earlier one is offered, never taken without asking: its call began at another time. */
function NewCall(props: { created: (request: string) => void }) {
  const t = useText();
  const { language } = useLanguage();
  const { organizations } = useMe();
  const [before] = useState(() => keptDraft(null));
  const [chosen, setChosen] = useState<Kept | null>(() => (before === null ? fresh(language) : null));
  if (chosen !== null) return <CallSheet kept={chosen} page={null} organizations={organizations} created={({ request }) => props.created(request.id)} />;
  return (
    <section className={styles.restored}>
      <h1>{t.call.title}</h1>
      <p>{t.call.restored}</p>
      {before !== null && (
        <p>
          <Time at={before.receivedAt} form="both" /> {[before.written.form.organization, before.written.form.contact.name, before.written.form.request].filter((said) => said !== null && said !== "").join(" · ")}
        </p>
      )}
      <div className={styles.buttons}>
        <Button onClick={() => setChosen(before)} data-autofocus>
          {t.call.restoredGo}
        </Button>
        <Button
          variant="default"
          onClick={() => {
            dropDraft(null);
            setChosen(fresh(language));
          }}
        >
          {t.call.restoredDrop}
        </Button>
      </div>
    </section>
  );
}

function fresh(language: "ja" | "en"): Kept {
  return { org: null, channel: "hotline", receivedAt: new Date().toISOString(), written: blank(language), base: null, ticked: [] };
}

/** The sheet of a request that is there already: after a reload, or opened from its page. */
function KnownCall(props: { id: string }) {
  const { organizations } = useMe();
  const { data, error, refetch } = useQuery(requestPage(props.id));
  if (error !== null && data === undefined) return <Failure whole error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Loading lines={10} />;
  return <CallSheet kept={keptOf(data)} page={data} organizations={organizations} />;
}
