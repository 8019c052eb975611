import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Download } from "lucide-react";
import { useMemo } from "react";
import type { Cell, HuntAnswer, HuntColumn } from "../../api/types";
import { useText } from "../../i18n/language";
import { kindOf } from "../../indicator/kinds";
import { Value } from "../../indicator/Value";
import { Time } from "../../parts/Time";
import { Empty } from "../../parts/States";
import { csv, save } from "../../table/csv";
import { type Column, DataTable } from "../../table/DataTable";
import styles from "./HuntPage.module.css";

interface Row {
  number: number;
  cells: Cell[];
}

/** The rows found: scrolls any number, each value with what can be done to it, CSV and NDJSON to take along. */
export function Result(props: { answer: HuntAnswer; org: string | undefined }) {
  const t = useText();
  const { answer, org } = props;
  const rows = useMemo(() => answer.rows.map((cells, number) => ({ number, cells })), [answer]);
  const columns = useMemo(() => columnsOf(answer, org), [answer, org]);
  const names = answer.columns.map(({ name }) => name);
  const ndjson = () => answer.rows.map((cells) => JSON.stringify(Object.fromEntries(names.map((name, index) => [name, cells[index] ?? null])))).join("\n");
  return (
    <section aria-label={t.hunt.result} className={styles.result}>
      <div className={styles.bar}>
        <strong>{t.hunt.rows(rows.length)}</strong>
        <span className={styles.dim}>
          {t.hunt.elapsed(answer.elapsed_ms.toLocaleString())}
        </span>
        <span className={styles.exports}>
          <Button size="xs" variant="default" leftSection={<Download size={14} aria-hidden />} onClick={() => save("hunt.csv", csv(names, answer.rows.map((cells) => cells.map(plain))), "text/csv")}>
            CSV
          </Button>
          <Button size="xs" variant="default" leftSection={<Download size={14} aria-hidden />} onClick={() => save("hunt.ndjson", `${ndjson()}\n`, "application/x-ndjson")}>
            NDJSON
          </Button>
        </span>
      </div>
      {answer.truncated && <p className={styles.truncated}>{t.hunt.truncated}</p>}
      {rows.length === 0 ? (
        <Empty title={t.hunt.noRows}>{t.hunt.noRowsNext}</Empty>
      ) : (
        <DataTable label={t.hunt.result} rows={rows} total={rows.length} columns={columns} rowId={(row) => String(row.number)} rowName={(row) => String(row.number + 1)} card={(row) => <RowCard row={row} answer={answer} org={org} />} dense />
      )}
    </section>
  );
}

/** A map reads as its JSON. */
function plain(cell: Cell | undefined): string | number | boolean | null {
  return typeof cell === "object" && cell !== null ? JSON.stringify(cell) : (cell ?? null);
}

function columnsOf(answer: HuntAnswer, org: string | undefined): Column<Row>[] {
  return answer.columns.map(({ name, type }, index) => {
    const longest = Math.max(name.length, ...answer.rows.slice(0, 50).map((cells) => String(plain(cells[index]) ?? "").length));
    const width = type === "time" ? 215 : Math.min(Math.max(longest * 8 + 24, 90), 420);
    return {
      id: `${index}-${name}`,
      head: name,
      width: `minmax(${width}px, ${Math.max(1, Math.round(width / 100))}fr)`,
      numeric: type === "integer" || type === "number",
      cell: (row) => <One column={{ name, type }} cell={row.cells[index] ?? null} org={org} />,
      value: (row) => plain(row.cells[index]),
    };
  });
}

function One(props: { column: HuntColumn; cell: Cell; org: string | undefined }) {
  const { org } = props;
  const { name, type } = props.column;
  const cell = plain(props.cell);
  if (cell === null) return <span className={styles.dim}>–</span>;
  if (typeof cell !== "string") return String(cell);
  if (name === "rule_id") {
    return (
      <Link to="/rules/$id" params={{ id: cell }}>
        {cell}
      </Link>
    );
  }
  if (type === "time") return <Time at={cell} />;
  return kindOf(name, cell) === "text" && !name.endsWith("command_line") ? <span title={cell}>{cell}</span> : <Value name={name} value={cell} short {...(org === undefined ? {} : { org })} />;
}

function RowCard(props: { row: Row; answer: HuntAnswer; org: string | undefined }) {
  return (
    <dl className={styles.card}>
      {props.answer.columns.map((column, index) => (
        <div key={column.name}>
          <dt>{column.name}</dt>
          <dd>
            <One column={column} cell={props.row.cells[index] ?? null} org={props.org} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
