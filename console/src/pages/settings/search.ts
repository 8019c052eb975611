export const SETTINGS = ["me", "organization", "people", "mail", "outbox", "jobs", "keys", "exceptions", "lists", "shortcuts"] as const;
export type SettingsTab = (typeof SETTINGS)[number];

export interface SettingsSearch {
  tab?: SettingsTab;
  /** `sha256:…`: an exception to be added, brought from an alert. */
  add?: string;
  /** The mail that is open. */
  message?: string;
}
