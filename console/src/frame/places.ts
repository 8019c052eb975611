/** The places of the left rail, in their order. */
import { BellRing, BookOpenCheck, Crosshair, FolderOpen, Inbox, type LucideIcon, MonitorSmartphone, Settings, Siren } from "lucide-react";
import type { Dictionary } from "../i18n/dictionary";

export interface Place {
  name: keyof Dictionary["frame"]["pages"];
  to: "/duty" | "/alerts" | "/requests" | "/cases" | "/endpoints" | "/hunt" | "/rules" | "/settings";
  icon: LucideIcon;
  /** Pressed after `g`. */
  key: string;
}

export const PLACES: Place[] = [
  { name: "duty", to: "/duty", icon: Siren, key: "d" },
  { name: "alerts", to: "/alerts", icon: BellRing, key: "a" },
  { name: "requests", to: "/requests", icon: Inbox, key: "q" },
  { name: "cases", to: "/cases", icon: FolderOpen, key: "c" },
  { name: "endpoints", to: "/endpoints", icon: MonitorSmartphone, key: "e" },
  { name: "hunt", to: "/hunt", icon: Crosshair, key: "h" },
  { name: "rules", to: "/rules", icon: BookOpenCheck, key: "r" },
  { name: "settings", to: "/settings", icon: Settings, key: "s" },
];
