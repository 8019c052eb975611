export const CASE_TABS = ["overview", "classification"] as const;
export type CaseTab = (typeof CASE_TABS)[number];
