/** The table people live in: sticky head, only visible rows in the page, selection, `j` `k` `x` and Enter, cards on a phone. */
import { Checkbox } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type CSSProperties, type ReactNode, useEffect, useRef, useState } from "react";
import { useText } from "../i18n/language";
import { useKeys } from "../keys/useKeys";
import type { CsvCell } from "./csv";
import styles from "./DataTable.module.css";

export interface Column<Row> {
  id: string;
  head: string;
  /** A track of CSS grid, e.g. `minmax(160px, 2fr)`. */
  width: string;
  cell: (row: Row) => ReactNode;
  /** The same as plain value, for export. */
  value: (row: Row) => CsvCell;
  sortable?: boolean;
  numeric?: boolean;
  /** Only shown when chosen. */
  optional?: boolean;
  /** Cannot be hidden. */
  fixed?: boolean;
}

export interface Sort {
  by: string;
  descending: boolean;
}

interface Table<Row> {
  label: string;
  rows: Row[];
  total: number;
  columns: Column<Row>[];
  rowId: (row: Row) => string;
  /** What a screen reader calls the row. */
  rowName: (row: Row) => string;
  /** The row as a card, on narrow screens. */
  card: (row: Row) => ReactNode;
  dense?: boolean;
  sort?: Sort | undefined;
  onSort?: (by: string) => void;
  selected?: Set<string>;
  onSelect?: (selected: Set<string>) => void;
  more?: (() => void) | undefined;
}

export function DataTable<Row>(props: Table<Row>) {
  const scroller = useRef<HTMLDivElement>(null);
  const narrow = useMediaQuery("(max-width: 760px)") ?? false;
  const { rows, more } = props;
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (narrow ? 96 : props.dense ? 30 : 40),
    overscan: 12,
    getItemKey: (index) => (rows[index] === undefined ? index : props.rowId(rows[index])),
  });
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (more !== undefined && last >= rows.length - 20) more();
  }, [more, last, rows.length]);
  useRowKeys(props, scroller, (index) => virtualizer.scrollToIndex(index));
  const tracks = [props.onSelect === undefined ? "" : "36px", ...props.columns.map(({ width }) => width)].join(" ");
  return (
    <div ref={scroller} className={styles.scroller} data-narrow={narrow} data-dense={props.dense} tabIndex={-1}>
      <div role="table" aria-label={props.label} aria-rowcount={props.total + 1} className={styles.table} style={{ "--tracks": tracks } as CSSProperties}>
        <Head {...props} narrow={narrow} />
        <div role="rowgroup" className={styles.body} style={{ height: virtualizer.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              <div
                key={item.key}
                ref={virtualizer.measureElement}
                data-index={item.index}
                role="row"
                aria-rowindex={item.index + 2}
                className={styles.row}
                data-selected={props.selected?.has(props.rowId(row)) ?? false}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <Cells table={props} row={row} narrow={narrow} />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function Head<Row>(props: Table<Row> & { narrow: boolean }) {
  const t = useText();
  const { rows, selected, onSelect } = props;
  const all = rows.length > 0 && rows.every((row) => selected?.has(props.rowId(row)));
  return (
    <div role="rowgroup" className={styles.head}>
      <div role="row" aria-rowindex={1} className={styles.headRow} data-selects={onSelect !== undefined}>
        {onSelect !== undefined && (
          <span role="columnheader" className={styles.check}>
            <Checkbox
              size="xs"
              aria-label={t.parts.selectAll}
              checked={all}
              indeterminate={!all && (selected?.size ?? 0) > 0}
              onChange={() => onSelect(all ? new Set() : new Set(rows.map(props.rowId)))}
            />
          </span>
        )}
        {props.narrow && (
          <span role="columnheader" className={styles.headCell}>
            {t.parts.selectAll}
          </span>
        )}
        {!props.narrow && props.columns.map((column) => (
          <HeadCell key={column.id} column={column} sort={props.sort} onSort={props.onSort} />
        ))}
      </div>
    </div>
  );
}

function HeadCell<Row>(props: { column: Column<Row>; sort: Sort | undefined; onSort: ((by: string) => void) | undefined }) {
  const t = useText();
  const { column, sort, onSort } = props;
  const active = sort?.by === column.id ? sort : undefined;
  const order = active === undefined ? "none" : active.descending ? "descending" : "ascending";
  return (
    <span role="columnheader" className={styles.headCell} data-numeric={column.numeric} aria-sort={column.sortable ? order : undefined}>
      {column.sortable && onSort !== undefined ? (
        <button type="button" onClick={() => onSort(column.id)} title={t.parts.sortBy(column.head)}>
          {column.head}
          {active !== undefined && (active.descending ? <ArrowDown size={13} aria-hidden /> : <ArrowUp size={13} aria-hidden />)}
        </button>
      ) : (
        column.head
      )}
    </span>
  );
}

function Cells<Row>(props: { table: Table<Row>; row: Row; narrow: boolean }) {
  const t = useText();
  const { table, row } = props;
  const { selected, onSelect } = table;
  const id = table.rowId(row);
  return (
    <>
      {onSelect !== undefined && (
        <span role="cell" className={styles.check}>
          <Checkbox size="xs" aria-label={t.parts.selectRow(table.rowName(row))} checked={selected?.has(id) ?? false} onChange={() => onSelect(toggled(selected, id))} />
        </span>
      )}
      {props.narrow ? (
        <div role="cell" className={styles.card}>
          {table.card(row)}
        </div>
      ) : (
        table.columns.map((column) => (
          <span key={column.id} role="cell" className={styles.cell} data-numeric={column.numeric}>
            {column.cell(row)}
          </span>
        ))
      )}
    </>
  );
}

/** `j` and `k` put the focus on the next row's link, so that Enter opens it; `x` selects the row. */
function useRowKeys<Row>(table: Table<Row>, scroller: React.RefObject<HTMLDivElement | null>, scrollTo: (index: number) => void): void {
  const [current, setCurrent] = useState(-1);
  const go = (step: number) => {
    if (table.rows.length === 0) return;
    const next = Math.min(Math.max(current + step, 0), table.rows.length - 1);
    setCurrent(next);
    scrollTo(next);
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${next}"] a, [data-index="${next}"] button`)?.focus());
  };
  useKeys({
    j: () => go(1),
    k: () => go(-1),
    x: () => {
      const row = table.rows[current];
      if (row !== undefined) table.onSelect?.(toggled(table.selected, table.rowId(row)));
    },
  });
}

function toggled(selected: Set<string> | undefined, id: string): Set<string> {
  const next = new Set(selected);
  if (!next.delete(id)) next.add(id);
  return next;
}
