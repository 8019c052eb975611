import { expect, test } from "vitest";
import { typesOf } from "./api-types.mjs";

const ref = (name) => ({ $ref: `#/components/schemas/${name}` });
const document = (schemas) => ({
  paths: { "/a": { get: { responses: { 200: { content: { "application/json": { schema: ref("Answer") } } } } } } },
  components: { schemas: { Answer: { type: "object", properties: {} }, ...schemas } },
});

test("an answer has every field, null where there is nothing; a request may leave one out", () => {
  const fields = { type: "object", required: ["a"], properties: { a: { type: "integer" }, b: { type: ["string", "null"] }, c: { oneOf: [ref("Word"), { type: "null" }] } } };
  const types = typesOf(document({ Answer: fields, Question: fields, Word: { type: "string", enum: ["x", "y"] } }));
  expect(types).toContain('export interface Answer {\n  "a": number;\n  "b": string | null;\n  "c": Word | null;\n}');
  expect(types).toContain('export interface Question {\n  "a": number;\n  "b"?: string | null;\n  "c"?: Word | null;\n}');
  expect(types).toContain('export type Word = "x" | "y";');
});

test("pairs, lists of choices and open values", () => {
  const properties = { pairs: { type: "array", items: { type: "array", prefixItems: [{ type: "string" }, { type: "number" }] } }, levels: { type: "array", items: { enum: [1, 2] } }, cell: {} };
  expect(typesOf(document({ Answer: { type: "object", properties } }))).toContain('"pairs": [string, number][];\n  "levels": (1 | 2)[];\n  "cell": unknown;');
});

test("what it does not know is an error", () => {
  expect(() => typesOf(document({ Answer: { type: "object", properties: { a: { type: "mystery" } } } }))).toThrow("mystery");
});
