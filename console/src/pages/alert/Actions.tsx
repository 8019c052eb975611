import { Button, Menu } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ChevronDown, FileText, FolderOpen, Gavel, MoreHorizontal } from "lucide-react";
import { useState } from "react";
import type { AlertPage, Language } from "../../api/types";
import { useLanguage, useText } from "../../i18n/language";
import { AssignMenu } from "../../parts/AssignMenu";
import { copyText } from "../../parts/clipboard";
import { say } from "../../parts/toast";
import { useSayFailure } from "../../parts/useSayFailure";
import { CloseDialog, ReopenDialog } from "../alerts/BulkBar";
import { CaseDialog } from "./CaseDialog";
import styles from "./Header.module.css";
import { OverrideDialog } from "./OverrideDialog";
import { reportAddress, useAlertAct, useGuardedAlertAct } from "./queries";

type Dialog = "override" | "case" | "close" | "reopen" | null;

export function Actions(props: { page: AlertPage }) {
  const t = useText();
  const { alert } = props.page;
  const [dialog, setDialog] = useState<Dialog>(null);
  const assign = useGuardedAlertAct<{ person: string | null }>(alert, "assign", (fresh) => fresh.assignee?.id === alert.assignee?.id);
  const shut = () => setDialog(null);
  return (
    <div className={styles.actions}>
      {props.page.report !== null && <ReportMenu id={alert.id} />}
      <Button size="xs" variant="default" leftSection={<Gavel size={15} aria-hidden />} onClick={() => setDialog("override")}>
        {t.alert.override}
      </Button>
      {alert.case === null ? (
        <Button size="xs" variant="default" leftSection={<FolderOpen size={15} aria-hidden />} onClick={() => setDialog("case")}>
          {t.alert.openCase}
        </Button>
      ) : (
        <Button size="xs" variant="default" component={Link} {...{ to: `/cases/${alert.case.id}` }} leftSection={<FolderOpen size={15} aria-hidden />} title={alert.case.title}>
          {t.alert.goCase}
        </Button>
      )}
      <AssignMenu
        assignee={alert.assignee}
        assign={async (person) => {
          await assign.mutateAsync({ person });
          say(t.alert.assigned);
        }}
      />
      <MoreMenu id={alert.id} closed={alert.state === "closed"} open={setDialog} />
      {dialog === "override" && <OverrideDialog page={props.page} onClose={shut} />}
      {dialog === "case" && <CaseDialog alert={alert} onClose={shut} />}
      {dialog === "close" && <CloseDialog rows={[alert]} onClose={shut} />}
      {dialog === "reopen" && <ReopenDialog rows={[alert]} onClose={shut} />}
    </div>
  );
}

function ReportMenu(props: { id: string }) {
  const t = useText();
  const { language } = useLanguage();
  const both: Language[] = language === "ja" ? ["ja", "en"] : ["en", "ja"];
  return (
    <div className={styles.split}>
      <Button size="xs" component="a" href={reportAddress(props.id, "pdf", language)} leftSection={<FileText size={15} aria-hidden />}>
        {t.alert.openReport}
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size="xs" px={8} aria-label={`${t.alert.report}: ${t.alert.download}`}>
            <ChevronDown size={15} aria-hidden />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {(["pdf", "html", "json"] as const).flatMap((form) =>
            both.map((each) => (
              <Menu.Item key={`${form}-${each}`} component="a" href={reportAddress(props.id, form, each)}>
                {form.toUpperCase()} ({t.words.language[each]})
              </Menu.Item>
            )),
          )}
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

function MoreMenu(props: { id: string; closed: boolean; open: (dialog: Dialog) => void }) {
  const t = useText();
  const sayFailure = useSayFailure();
  const retriage = useAlertAct<Record<string, never>>(props.id, "triage");
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button size="xs" variant="default" px={8} aria-label={t.alert.more} title={t.alert.more}>
          <MoreHorizontal size={16} aria-hidden />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => retriage.mutate({}, { onSuccess: () => say(t.alert.retriaged), onError: sayFailure })}>{t.alert.retriage}</Menu.Item>
        <Menu.Item onClick={() => void copyText(window.location.href).then(() => say(t.parts.linkCopied))}>{t.parts.copyLink}</Menu.Item>
        <Menu.Item onClick={() => props.open(props.closed ? "reopen" : "close")}>{props.closed ? t.alert.reopen : t.alert.close}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
