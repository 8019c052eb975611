/** What was said, to be read; and in its place the same fields as on the call sheet, saved while somebody writes. */
import { Button } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { PencilLine } from "lucide-react";
import { Time } from "../../parts/Time";
import type { RequestPage } from "../../api/types";
import { useText } from "../../i18n/language";
import { useKeys } from "../../keys/useKeys";
import { CallerFields, ItemFields } from "./Fields";
import { keptOf, useSheet, useSigns } from "./queries";
import styles from "./RequestPage.module.css";
import { SaveConflict, SaveState, shown } from "./SaveState";
import { type Item, ITEMS, missing, valueOf, writtenOf } from "./written";

export function FormPanel(props: { page: RequestPage; may: boolean }) {
  const t = useText();
  const { edit } = useSearch({ from: "/inside/requests/$id" });
  const navigate = useNavigate({ from: "/requests/$id" });
  const editing = edit === "1" && props.may;
  const turn = (on: boolean) => void navigate({ search: (before) => ({ ...before, edit: on ? ("1" as const) : undefined }), replace: true });
  useKeys({ e: () => props.may && turn(!editing) });
  return (
    <section className={styles.box} aria-labelledby="form">
      <div className={styles.boxHead}>
        <h2 id="form">{t.request.form}</h2>
        {props.may && (
          <Button size="xs" variant="default" leftSection={<PencilLine size={15} aria-hidden />} onClick={() => turn(!editing)} aria-keyshortcuts="e">
            {editing ? t.request.editDone : t.request.edit}
          </Button>
        )}
      </div>
      {editing ? <Editing page={props.page} /> : <Reading page={props.page} />}
    </section>
  );
}

function Reading(props: { page: RequestPage }) {
  const t = useText();
  const { page } = props;
  const signs = useSigns();
  const written = writtenOf(page);
  const open = missing(page.form, page.request.priority === "emergency");
  const said = (item: Item) => !open.includes(item) && shown(valueOf(written, item), t) !== "";
  const items = ITEMS.filter((item) => open.includes(item) || said(item));
  return (
    <dl className={styles.form}>
      {page.signs.length > 0 && (
        <div>
          <dt>{t.requests.words.item.signs}</dt>
          <dd>{page.signs.map((name) => signs.find(({ sign }) => sign === name)?.title ?? name).join(t.parts.comma)}</dd>
        </div>
      )}
      {items.map((item) => (
        <div key={item}>
          <dt>{t.requests.words.item[item]}</dt>
          <dd data-open={open.includes(item) || undefined}>{open.includes(item) ? t.request.unsaid : <Said page={page} item={item} />}</dd>
        </div>
      ))}
    </dl>
  );
}

function Said(props: { page: RequestPage; item: Item }) {
  const t = useText();
  const wish = props.page.form.scoping_call;
  if (props.item !== "scoping_call" || wish === null) return shown(valueOf(writtenOf(props.page), props.item), t);
  return (
    <>
      {wish.raw} {wish.wished !== null && <Time at={wish.wished} />} {wish.wished !== null && wish.tz !== null && <span className={styles.dim}>({wish.tz})</span>}
    </>
  );
}

function Editing(props: { page: RequestPage }) {
  const [sheet, state] = useSheet(keptOf(props.page), props.page);
  const fields = { written: state.written, change: (part: Partial<typeof state.written>) => sheet.change(part), emergency: props.page.request.priority === "emergency" };
  return (
    <div className={styles.editing}>
      <SaveState state={state} />
      <SaveConflict state={state} resolve={(take) => sheet.resolve(take)} />
      <CallerFields {...fields} />
      <ItemFields {...fields} named />
    </div>
  );
}
