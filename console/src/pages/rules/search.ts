export const LEVELS = ["critical", "high", "medium", "low", "informational"] as const;
export type Level = (typeof LEVELS)[number];
