/** In service or out of it: nobody is warned of the silence of what is out of service. */
import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { post } from "../../api/client";
import { useMe } from "../../api/queries";
import type { EndpointRow } from "../../api/types";
import { useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { Time } from "../../parts/Time";
import { say } from "../../parts/toast";
import facts from "../case/CasePage.module.css";
import styles from "./EndpointPage.module.css";

export function Service(props: { endpoint: EndpointRow }) {
  const t = useText();
  const { endpoint } = props;
  const client = useQueryClient();
  const mayRetire = useMe().person.roles.includes("operator");
  const [asking, setAsking] = useState(false);
  const act = useMutation({
    mutationFn: (what: { act: "retire" | "restore"; reason?: string }) =>
      post(`/endpoints/${encodeURIComponent(endpoint.id)}/${what.act}`, { ...(what.reason === undefined ? {} : { reason: what.reason }), expected_version: endpoint.version }),
    onSettled: () => Promise.all([["endpoint", endpoint.id], ["endpoints"], ["duty"]].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
  const retire = async (reason: string) => {
    await act.mutateAsync({ act: "retire", reason });
    say(t.endpoints.retiredDone);
  };
  const restore = () => act.mutate({ act: "restore" }, { onSuccess: () => say(t.endpoints.restoredDone) });
  return (
    <section className={facts.box} aria-labelledby="service">
      <h2 id="service">{t.endpoints.service}</h2>
      {endpoint.retired === null ? <p className={styles.note}>{t.endpoints.inService}</p> : <Retired endpoint={endpoint} />}
      {act.error !== null && act.variables?.act === "restore" && <Failure error={act.error} />}
      {mayRetire && (
        <p>
          {endpoint.retired === null ? (
            <Button variant="default" size="xs" onClick={() => setAsking(true)}>
              {t.endpoints.retire}
            </Button>
          ) : (
            <Button variant="default" size="xs" loading={act.isPending} onClick={restore}>
              {t.endpoints.restore}
            </Button>
          )}
        </p>
      )}
      {asking && (
        <ReasonDialog title={t.endpoints.retire} act={t.endpoints.retire} draft={`endpoint.retire.${endpoint.id}`} placeholder={t.endpoints.retireHint} onClose={() => setAsking(false)} onAct={retire}>
          <strong>{endpoint.host}</strong>
          <p>{t.endpoints.retireLead}</p>
        </ReasonDialog>
      )}
    </section>
  );
}

/** Who took it out of service, when and why. */
function Retired(props: { endpoint: EndpointRow }) {
  const t = useText();
  const { retired } = props.endpoint;
  if (retired === null) return null;
  return (
    <>
      <p>
        {t.endpoints.retiredBy(retired.by.name)} <Time at={retired.at} />: {retired.reason}
      </p>
      {retired.resumed && <p className={styles.silent}>{t.endpoints.resumed}</p>}
    </>
  );
}
