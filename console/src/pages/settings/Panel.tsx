/** The frame of a settings page that lists things: title, lead, then the table; while there is none, why not. */
import type { CSSProperties, ReactNode } from "react";
import { Failure } from "../../parts/Failure";
import { Empty, Loading } from "../../parts/States";
import styles from "./SettingsPage.module.css";

interface Listing<Item> {
  /** Names the heading within the page. */
  id: string;
  title: string;
  lead?: string;
  /** What stands between lead and table. */
  above?: ReactNode;
  items: Item[] | undefined;
  error: Error | null;
  retry: () => unknown;
  /** What is said of an empty list; none: it is never empty. */
  none?: { title: string; next: string };
  table: (items: Item[]) => ReactNode;
  children?: ReactNode;
}

export function Panel<Item>(props: Listing<Item>) {
  return (
    <section className={styles.panel} aria-labelledby={props.id}>
      <h2 id={props.id}>{props.title}</h2>
      {props.lead !== undefined && <p>{props.lead}</p>}
      {props.above}
      <Listed {...props} />
      {props.children}
    </section>
  );
}

function Listed<Item>({ items, error, retry, none, table }: Listing<Item>) {
  if (items === undefined) return error === null ? <Loading /> : <Failure error={error} retry={() => void retry()} />;
  if (items.length === 0 && none !== undefined) return <Empty title={none.title}>{none.next}</Empty>;
  return table(items);
}

/** A table with its heads, on narrow screens a card a row; `act` names the column of buttons to those who do not see it. `children` are the rows. */
export function SettingsTable(props: { heads: string[]; act?: string; children: ReactNode }) {
  return (
    <div className={styles.scroll}>
      <table style={namesOfCells(props.heads)}>
        <thead>
          <tr>
            {props.heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
            {props.act !== undefined && (
              <th scope="col">
                <span className="only-read">{props.act}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </div>
  );
}

/** The heads as values for the style sheet: on a card each cell begins with the name of its column. */
function namesOfCells(heads: string[]): CSSProperties {
  return Object.fromEntries(heads.map((head, index) => [`--head-${index + 1}`, JSON.stringify(head)])) as CSSProperties;
}
