import { Button, Modal, NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { get } from "../../api/client";
import type { AlertRow, CaseRow, Page } from "../../api/types";
import { useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import dialog from "../../parts/ReasonDialog.module.css";
import { say } from "../../parts/toast";
import { useAlertAct } from "./queries";

/** Opens a case with this alert, or adds it to one of the same organisation that is open. */
export function CaseDialog(props: { alert: AlertRow; onClose: () => void }) {
  const t = useText();
  const navigate = useNavigate();
  const { alert } = props;
  const [chosen, setChosen] = useState("");
  const open = useQuery({ queryKey: ["cases", "open", alert.org], queryFn: ({ signal }) => get<Page<CaseRow>>("/cases", { org: alert.org, state: "open" }, signal) });
  const act = useAlertAct<{ case: string | null }, { case: string }>(alert.id, "case");
  const submit = async () => {
    const answer = await act.mutateAsync({ case: chosen === "" ? null : chosen });
    say(chosen === "" ? t.alert.caseOpened : t.alert.caseAdded);
    props.onClose();
    await navigate({ to: "/cases/$id", params: { id: answer.case } });
  };
  const options = [{ value: "", label: t.alert.newCase }, ...(open.data?.items ?? []).map(({ id, title }) => ({ value: id, label: title }))];
  return (
    <Modal opened onClose={props.onClose} title={t.alert.openCase} closeButtonProps={{ "aria-label": t.parts.close }}>
      <div className={dialog.form}>
        <NativeSelect label={t.alert.caseChoose} data={options} value={chosen} onChange={(event) => setChosen(event.currentTarget.value)} data-autofocus />
        {act.error !== null && <Failure error={act.error} />}
        <div className={dialog.foot}>
          <Button variant="default" onClick={props.onClose}>
            {t.parts.cancel}
          </Button>
          <Button loading={act.isPending} onClick={() => void submit().catch(() => undefined)}>
            {chosen === "" ? t.alert.newCase : t.alert.addCase}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
