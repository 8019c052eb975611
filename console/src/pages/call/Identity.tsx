import { Button } from "@mantine/core";
import { ShieldAlert, ShieldCheck } from "lucide-react";
import type { Proof, RequestPage } from "../../api/types";
import { useText } from "../../i18n/language";
import { Time } from "../../parts/Time";
import styles from "./CallPage.module.css";

const PROOFS = ["call_back", "agreed_word"] as const satisfies readonly Proof[];

/** Written down before details are given: who speaks, and how that was made sure. */
export function Identity(props: { page: RequestPage | null; who: string; verify: (proof: Proof, who: string) => void }) {
  const t = useText();
  const { page, who } = props;
  const verified = page?.verified ?? null;
  if (verified !== null) {
    return (
      <p className={styles.verified} data-verified>
        <ShieldCheck size={17} aria-hidden /> {t.request.verifiedBy(verified.who, t.requests.words.proof[verified.proof])} <Time at={verified.at} form="clock" className={styles.dim} />
      </p>
    );
  }
  return (
    <div className={styles.identity}>
      <p className={styles.verified}>
        <ShieldAlert size={17} aria-hidden /> {t.request.notVerified}
      </p>
      <div className={styles.buttons}>
        {PROOFS.map((proof) => (
          <Button key={proof} variant="default" disabled={page === null || who === ""} onClick={() => props.verify(proof, who)}>
            {t.call.proofNow(t.requests.words.proof[proof])}
          </Button>
        ))}
        {page !== null && who === "" && <span className={styles.dim}>{t.call.verifyNeedsName}</span>}
      </div>
    </div>
  );
}
