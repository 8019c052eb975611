import type { Me, OrganizationRef, PersonRef } from "../src/api/types";

export const PERSON: PersonRef = { id: "01JPERSON0000000000000000A", name: "佐藤 美咲" };
export const ORG: OrganizationRef = { id: "01JORG00000000000000000001", name: "みなと精機株式会社", drill: true };
export const OTHER: OrganizationRef = { id: "01JORG00000000000000000002", name: "青葉商事株式会社", drill: false };

export const me: Me = {
  person: { ...PERSON, email: "misaki.sato@example.jp", language: "ja", time_zone: "Asia/Tokyo", has_password: true, has_second_factor: false, recovery_codes: 0, roles: ["operator"] },
  organizations: [ORG, OTHER],
};

export function field(body: unknown, name: string): unknown {
  return typeof body === "object" && body !== null ? (body as Record<string, unknown>)[name] : undefined;
}
