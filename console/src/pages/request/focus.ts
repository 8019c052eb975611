import type { Item } from "./written";

/** Puts the focus into the field of an item. */
export function focusItem(item: Item): void {
  const field = document.getElementById(`item-${item}`);
  const inner = field?.matches("input, textarea") ? field : (field?.querySelector<HTMLElement>("input:checked") ?? field?.querySelector<HTMLElement>("input"));
  inner?.focus();
  inner?.scrollIntoView({ block: "center" });
}
