/** What a person chose for a table: columns, density, saved views. Kept in this browser, by table. */
import { useCallback, useState } from "react";

export interface SavedView {
  name: string;
  search: Record<string, string>;
}

export interface TableSettings {
  hidden: string[];
  shown: string[];
  dense: boolean;
  views: SavedView[];
}

const EMPTY: TableSettings = { hidden: [], shown: [], dense: false, views: [] };

function read(name: string): TableSettings {
  try {
    return { ...EMPTY, ...(JSON.parse(localStorage.getItem(name) ?? "{}") as Partial<TableSettings>) };
  } catch {
    return EMPTY;
  }
}

export function useTableSettings(table: string): [TableSettings, (change: Partial<TableSettings>) => void] {
  const name = `hikeshi.table.${table}`;
  const [settings, setSettings] = useState(() => read(name));
  const change = useCallback(
    (part: Partial<TableSettings>) => {
      setSettings((before) => {
        const after = { ...before, ...part };
        localStorage.setItem(name, JSON.stringify(after));
        return after;
      });
    },
    [name],
  );
  return [settings, change];
}

/** The columns in force: defaults, less the hidden, plus those shown by choice. */
export function visible<C extends { id: string; optional?: boolean }>(columns: C[], settings: TableSettings): C[] {
  return columns.filter(({ id, optional }) => (optional ? settings.shown.includes(id) : !settings.hidden.includes(id)));
}
