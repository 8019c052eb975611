import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { ShieldAlert, ShieldCheck } from "lucide-react";
import { useState } from "react";
import type { Proof, RequestPage } from "../../api/types";
import { useText } from "../../i18n/language";
import { Time } from "../../parts/Time";
import { say } from "../../parts/toast";
import { oneOf } from "../../url/search";
import { ActDialog } from "./ActDialog";
import styles from "./RequestPage.module.css";
import { useRequestAct } from "./queries";

const PROOFS = ["call_back", "agreed_word", "signed_mail"] as const satisfies readonly Proof[];

/** Who speaks, and how that was made sure. */
export function Identity(props: { page: RequestPage; may: boolean }) {
  const t = useText();
  const { verified } = props.page;
  const [asking, setAsking] = useState(false);
  return (
    <section className={styles.box} aria-labelledby="identity">
      <h2 id="identity">{t.request.identity}</h2>
      {verified === null ? (
        <p className={styles.verified}>
          <ShieldAlert size={17} aria-hidden /> {t.request.notVerified}
        </p>
      ) : (
        <>
          <p className={styles.verified} data-verified>
            <ShieldCheck size={17} aria-hidden /> {t.request.verifiedBy(verified.who, t.requests.words.proof[verified.proof])}
          </p>
          <p className={styles.dim}>
            {t.request.by(verified.by.name)} <Time at={verified.at} />
          </p>
        </>
      )}
      {props.may && (
        <Button mt={8} size="xs" variant="default" onClick={() => setAsking(true)}>
          {t.request.verify}
        </Button>
      )}
      {asking && <VerifyDialog page={props.page} onClose={() => setAsking(false)} />}
    </section>
  );
}

function VerifyDialog(props: { page: RequestPage; onClose: () => void }) {
  const t = useText();
  const { request: of } = props.page;
  const [proof, setProof] = useState<Proof>("call_back");
  const [who, setWho] = useState(of.contact ?? "");
  const verify = useRequestAct<{ proof: Proof; who: string }>(of, "verify", () => true);
  const act = async () => {
    await verify.mutateAsync({ proof, who: who.trim() });
    say(t.request.verified);
  };
  return (
    <ActDialog title={t.request.verifyTitle} act={t.request.verify} ready={who.trim() !== ""} onAct={act} onClose={props.onClose}>
      <p className={styles.dim}>{t.request.verifyNote}</p>
      <SegmentedControl fullWidth aria-label={t.request.proof} data={PROOFS.map((each) => ({ value: each, label: t.requests.words.proof[each] }))} value={proof} onChange={(value) => setProof(oneOf(value, PROOFS) ?? proof)} />
      <TextInput data-autofocus required maxLength={200} label={t.request.who} value={who} onChange={(event) => setWho(event.currentTarget.value)} />
    </ActDialog>
  );
}
