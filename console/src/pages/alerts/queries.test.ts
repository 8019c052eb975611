import { expect, test } from "vitest";
import type { AlertRow, Page } from "../../api/types";
import { type AlertPages, freshen } from "./queries";

const row = (id: string, score: number) => ({ id, score }) as AlertRow;
const page = (...items: AlertRow[]): Page<AlertRow> => ({ items, next_cursor: null, total: items.length });

test("new rows are counted, known rows are refreshed where they stand", () => {
  const before: AlertPages = { pages: [page(row("a", 1), row("b", 2))], pageParams: [null] };
  const { pages, fresh } = freshen(before, page(row("c", 9), row("b", 5), row("a", 1)));
  expect(fresh).toBe(1);
  expect(pages.pages[0]?.items.map(({ id, score }) => [id, score])).toEqual([["a", 1], ["b", 5]]);
});
