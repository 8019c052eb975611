/** What stands above a table at its right: saved views, columns, density, export. */
import { ActionIcon, Button, Checkbox, Menu, Popover, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { Bookmark, Columns3, Download, Rows3, Rows4, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useText } from "../i18n/language";
import type { Column } from "./DataTable";
import type { SavedView, TableSettings } from "./settings";
import styles from "./TableTools.module.css";

interface Tools<Row> {
  columns: Column<Row>[];
  settings: TableSettings;
  change: (change: Partial<TableSettings>) => void;
  /** The search of the address, to be kept as a view; absent where views make no sense. */
  search?: Record<string, string>;
  openView?: (view: SavedView) => void;
  onExport: () => void;
}

export function TableTools<Row>(props: Tools<Row>) {
  const t = useText();
  const { settings, change } = props;
  // Cards have neither columns nor a density.
  const narrow = useMediaQuery("(max-width: 760px)") ?? false;
  const density = settings.dense ? t.parts.density.normal : t.parts.density.compact;
  return (
    <div className={styles.tools}>
      {props.search !== undefined && props.openView !== undefined && <Views {...props} search={props.search} openView={props.openView} />}
      {!narrow && (
        <>
          <ColumnChoice {...props} />
          <ActionIcon variant="default" size="md" aria-label={density} title={density} onClick={() => change({ dense: !settings.dense })}>
            {settings.dense ? <Rows3 size={16} aria-hidden /> : <Rows4 size={16} aria-hidden />}
          </ActionIcon>
        </>
      )}
      <ActionIcon variant="default" size="md" aria-label={t.parts.exportCsv} title={t.parts.exportCsv} onClick={props.onExport}>
        <Download size={16} aria-hidden />
      </ActionIcon>
    </div>
  );
}

function ColumnChoice<Row>(props: Tools<Row>) {
  const t = useText();
  const { settings, change } = props;
  const toggle = (column: Column<Row>) => {
    const name = column.optional ? "shown" : "hidden";
    const before = settings[name];
    change({ [name]: before.includes(column.id) ? before.filter((id) => id !== column.id) : [...before, column.id] });
  };
  const checked = ({ id, optional }: Column<Row>) => (optional ? settings.shown.includes(id) : !settings.hidden.includes(id));
  return (
    <Popover position="bottom-end" shadow="md">
      <Popover.Target>
        <ActionIcon variant="default" size="md" aria-label={t.parts.columns} title={t.parts.columns}>
          <Columns3 size={16} aria-hidden />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <fieldset className={styles.columns}>
          <legend>{t.parts.columns}</legend>
          {props.columns.map((column) => (
            <Checkbox key={column.id} size="xs" label={column.head} checked={checked(column)} disabled={column.fixed ?? false} onChange={() => toggle(column)} />
          ))}
        </fieldset>
      </Popover.Dropdown>
    </Popover>
  );
}

function Views<Row>(props: Tools<Row> & { search: Record<string, string>; openView: (view: SavedView) => void }) {
  const t = useText();
  const [name, setName] = useState("");
  const { views } = props.settings;
  const keep = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === "") return;
    props.change({ views: [...views.filter((view) => view.name !== name.trim()), { name: name.trim(), search: props.search }] });
    setName("");
  };
  return (
    <Menu position="bottom-end" shadow="md" width={280} closeOnItemClick>
      <Menu.Target>
        <Button size="xs" variant="default" leftSection={<Bookmark size={15} aria-hidden />}>
          {t.parts.views}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {views.length === 0 && <p className={styles.none}>{t.parts.noViews}</p>}
        {views.map((view) => (
          <div key={view.name} className={styles.view}>
            <Menu.Item onClick={() => props.openView(view)}>{view.name}</Menu.Item>
            <ActionIcon
              variant="subtle"
              aria-label={t.parts.deleteView(view.name)}
              title={t.parts.deleteView(view.name)}
              onClick={() => props.change({ views: views.filter((other) => other !== view) })}
            >
              <Trash2 size={15} aria-hidden />
            </ActionIcon>
          </div>
        ))}
        <Menu.Divider />
        <form className={styles.keep} onSubmit={keep}>
          <TextInput size="xs" aria-label={t.parts.viewName} placeholder={t.parts.viewName} value={name} onChange={(event) => setName(event.currentTarget.value)} onKeyDown={(event) => event.stopPropagation()} />
          <Button size="xs" type="submit" variant="default">
            {t.parts.saveView}
          </Button>
        </form>
      </Menu.Dropdown>
    </Menu>
  );
}
