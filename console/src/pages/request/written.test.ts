import { describe, expect, test } from "vitest";
import { blank, merge, missing, same, type Written } from "./written";

const said = (form: Partial<Written["form"]>, rest: Partial<Written> = {}): Written => {
  const empty = blank("ja");
  return { ...empty, ...rest, form: { ...empty.form, ...form } };
};

// covers: S0-36
describe("what is missing", () => {
  test("is named in the form's order; spaces say nothing", () => {
    expect(missing(said({ organization: " \u3000" }).form, false)).toEqual(["organization", "sites", "contact.name", "contact.phone_primary", "contact.phone_secondary", "contact.email", "service", "request", "urgency", "scoping_call"]);
  });

  test("of an emergency counts where the form asks for one or a contact has declared one", () => {
    expect(missing(said({ service: "emergency" }).form, false)).toContain("business_impact");
    expect(missing(said({}).form, true)).toContain("state");
    expect(missing(said({ service: "inquiry" }).form, false)).not.toContain("indicators");
  });

  test("ends with the first word of an answer", () => {
    const form = said({ sites: [{ raw: "大阪", city: null, state: null, country: null }], scoping_call: { raw: "", wished: "2026-11-24T01:00:00Z", tz: "Asia/Tokyo" } }).form;
    expect(missing(form, false)).not.toContain("sites");
    expect(missing(form, false)).not.toContain("scoping_call");
  });
});

describe("two people write", () => {
  const base = said({ request: "調べてほしい" });

  test("different parts: both stay", () => {
    const mine = said({ request: "調べてほしい", indicators: "203.0.113.9" });
    const theirs = said({ request: "調べて、止めてほしい" }, { sensitive: true });
    const { merged, parts } = merge(base, mine, theirs);
    expect(parts).toEqual([]);
    expect(merged.form).toMatchObject({ request: "調べて、止めてほしい", indicators: "203.0.113.9" });
    expect(merged.sensitive).toBe(true);
  });

  test("the same part: it is named, and mine is kept until somebody chooses", () => {
    const { merged, parts } = merge(base, said({ request: "A" }), said({ request: "B" }));
    expect(parts).toEqual(["request"]);
    expect(merged.form.request).toBe("A");
  });

  test("the same words are no conflict, whatever spaces stand around them", () => {
    expect(merge(base, said({ request: "A " }), said({ request: "A" })).parts).toEqual([]);
    expect(same(said({ organization: "" }, { signs: ["b", "a"] }), said({}, { signs: ["a", "b"] }))).toBe(true);
  });
});
