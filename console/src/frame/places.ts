/** The places of the left rail, in their order. */
import { type LucideIcon, Siren } from "lucide-react";
import type { Dictionary } from "../i18n/dictionary";

export type PlaceName = keyof Dictionary["frame"]["pages"];

export interface Place {
  name: PlaceName;
  to: "/duty";
  icon: LucideIcon;
  /** Pressed after `g`. */
  key: string;
}

export const PLACES: Place[] = [{ name: "duty", to: "/duty", icon: Siren, key: "d" }];
