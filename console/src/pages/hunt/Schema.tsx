import { TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get } from "../../api/client";
import type { HuntSchema } from "../../api/types";
import { useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/States";
import styles from "./HuntPage.module.css";

/** Tables and columns beside the editor; a click puts the name where the cursor stands. */
export function Schema(props: { insert: (text: string) => void }) {
  const t = useText();
  const [filter, setFilter] = useState("");
  const { data, error } = useQuery({ queryKey: ["hunt-schema"], queryFn: () => get<HuntSchema>("/hunt/schema"), staleTime: Number.POSITIVE_INFINITY });
  const wanted = filter.trim().toLowerCase();
  return (
    <aside className={styles.schema} aria-label={t.hunt.schema}>
      <h2>{t.hunt.schema}</h2>
      <TextInput size="xs" type="search" aria-label={t.hunt.schemaFilter} placeholder={t.hunt.schemaFilter} value={filter} onChange={(event) => setFilter(event.currentTarget.value)} />
      {error !== null && <Failure error={error} />}
      {data === undefined && error === null && <Loading lines={8} />}
      <div className={styles.tables}>
        {data?.tables.map((table) => {
          const columns = table.columns.filter(({ name }) => name.includes(wanted));
          if (columns.length === 0) return null;
          return (
            <section key={table.name}>
              <h3>
                <button type="button" onClick={() => props.insert(table.name)} title={t.hunt.insert(table.name)}>
                  {table.name}
                </button>
              </h3>
              <ul>
                {columns.map((column) => (
                  <li key={column.name}>
                    <button type="button" onClick={() => props.insert(column.name)} title={t.hunt.insert(column.name)}>
                      <span>{column.name}</span>
                      <small>{t.hunt.types[column.type]}</small>
                    </button>
                  </li>
                ))}
              </ul>
            </section>
          );
        })}
      </div>
    </aside>
  );
}
