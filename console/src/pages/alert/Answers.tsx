/** What people said when they were asked: no log knows whether it was meant or announced. Earlier answers stay, struck out. */
import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { MessageCircleQuestion } from "lucide-react";
import { useState } from "react";
import type { AlertPage, Answer } from "../../api/types";
import { useText } from "../../i18n/language";
import { useDraft } from "../../parts/draft";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { Time } from "../../parts/Time";
import { say } from "../../parts/toast";
import { oneOf } from "../../url/search";
import styles from "./Answers.module.css";
import { useGuardedAlertAct } from "./queries";

const QUESTIONS = ["on_purpose", "announced"] as const;
const SAID = ["yes", "no", "does_not_know"] as const;

export function Answers(props: { page: AlertPage }) {
  const t = useText();
  const { alert, answers } = props.page;
  const [asking, setAsking] = useState(false);
  return (
    <section aria-labelledby="answers">
      <h3 id="answers">{t.alert.answers}</h3>
      {answers.length === 0 && <p className={styles.none}>{t.alert.noAnswers}</p>}
      <ul className={styles.list}>
        {answers.map((answer) => (
          <li key={`${answer.question}-${answer.at}`}>
            <Line answer={answer} />
          </li>
        ))}
      </ul>
      {alert.state !== "closed" && (
        <Button size="xs" variant="default" leftSection={<MessageCircleQuestion size={15} aria-hidden />} onClick={() => setAsking(true)}>
          {t.alert.answer}
        </Button>
      )}
      {asking && <AnswerDialog page={props.page} onClose={() => setAsking(false)} />}
    </section>
  );
}

function Line(props: { answer: Answer }) {
  const t = useText();
  const { answer } = props;
  const told = `${t.alert.question[answer.question]} ${t.alert.said[answer.said]}`;
  return (
    <>
      {answer.counts ? <strong>{told}</strong> : <del>{told}</del>}
      {answer.note !== "" && <p className={styles.note}>{answer.note}</p>}
      <p className={styles.who}>
        {t.alert.answeredBy(answer.from, answer.by.name)} <Time at={answer.at} form="both" />
        {!answer.counts && ` · ${t.alert.answerReplaced}`}
      </p>
    </>
  );
}

/** An answer overwrites nothing: where the alert has changed meanwhile, it is sent upon the fresh version. */
function AnswerDialog(props: { page: AlertPage; onClose: () => void }) {
  const t = useText();
  const { alert } = props.page;
  const [question, setQuestion] = useState<Answer["question"]>("on_purpose");
  const [said, setSaid] = useState<Answer["said"]>("yes");
  const from = useDraft(`answer.from.${alert.id}`);
  const answer = useGuardedAlertAct<{ question: Answer["question"]; said: Answer["said"]; from: string; note: string }>(alert, "answers", () => false);
  const act = async (note: string) => {
    await answer.mutateAsync({ question, said, from: from.text.trim(), note });
    from.clear();
    say(t.alert.answerSaved);
  };
  return (
    <ReasonDialog title={t.alert.answerTitle} act={t.alert.answerAct} draft={`answer.${alert.id}`} label={t.alert.answerNote} placeholder={t.alert.answerNoteHint} onClose={props.onClose} onAct={act}>
      <SegmentedControl
        fullWidth
        orientation="vertical"
        aria-label={t.alert.answerQuestion}
        classNames={{ label: styles.question }}
        data={QUESTIONS.map((each) => ({ value: each, label: t.alert.question[each] }))}
        value={question}
        onChange={(value) => setQuestion(oneOf(value, QUESTIONS) ?? question)}
      />
      <SegmentedControl
        fullWidth
        aria-label={t.alert.answerSaid}
        data={SAID.map((each) => ({ value: each, label: t.alert.said[each] }))}
        value={said}
        onChange={(value) => setSaid(oneOf(value, SAID) ?? said)}
      />
      <TextInput required maxLength={100} label={t.alert.answerFrom} placeholder={t.alert.answerFromHint} value={from.text} onChange={(event) => from.set(event.currentTarget.value)} />
      <p className={styles.none}>{t.alert.answerWeighs}</p>
    </ReasonDialog>
  );
}
