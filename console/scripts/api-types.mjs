// Writes src/api/schema.d.ts: the types of the API document that the server generates (crates/server/openapi.json).
//
// Our own, because the generator in common use needs the compiler API that TypeScript 7 no longer has, and because it cannot know
// that our server always sends every field of an answer (null where there is nothing): here only fields of requests are optional.
import { readFileSync, writeFileSync } from "node:fs";

const DOCUMENT = new URL("../../crates/server/openapi.json", import.meta.url);
const TARGET = new URL("../src/api/schema.d.ts", import.meta.url);

/** The types as text. */
export function typesOf(document) {
  const schemas = document.components.schemas;
  const answers = reachable(schemas, answerRoots(document));
  const parts = Object.entries(schemas).map(([name, schema]) => declaration(name, schema, answers.has(name)));
  return ["/* Made from crates/server/openapi.json by scripts/api-types.mjs: change it there. */", ...parts, ""].join("\n\n");
}

function declaration(name, schema, answer) {
  const words = remark(schema.description, "");
  if (schema.properties === undefined) return `${words}export type ${name} = ${typeOf(schema)};`;
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties).map(([field, of]) => {
    const optional = answer || required.has(field) ? "" : "?";
    return `${remark(of.description, "  ")}  ${JSON.stringify(field)}${optional}: ${typeOf(of)};`;
  });
  return `${words}export interface ${name} {\n${fields.join("\n")}\n}`;
}

/** A schema as a type. What it does not know is an error, so that nothing is silently `unknown`. */
function typeOf(schema) {
  if (schema.$ref !== undefined) return nameOf(schema.$ref);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices !== undefined) return choices.map(typeOf).join(" | ");
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type })).join(" | ");
  switch (schema.type) {
    case "string":
    case "boolean":
    case "null":
      return schema.type;
    case "integer":
    case "number":
      return "number";
    case "array":
      return arrayOf(schema);
    case "object":
      return objectOf(schema);
    case undefined:
      return "unknown";
    default:
      throw new Error(`the API document has a type that is not known here: ${JSON.stringify(schema)}`);
  }
}

function arrayOf(schema) {
  if (schema.prefixItems !== undefined) return `[${schema.prefixItems.map(typeOf).join(", ")}]`;
  const item = typeOf(schema.items);
  return item.includes("|") ? `(${item})[]` : `${item}[]`;
}

function objectOf(schema) {
  if (schema.properties !== undefined) throw new Error("an object inside another needs a name of its own in the API document");
  const value = schema.additionalProperties;
  return `Record<string, ${value === undefined || value === true ? "unknown" : typeOf(value)}>`;
}

/** Names of the schemas that answers begin with. */
function answerRoots(document) {
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  const contents = operations.flatMap((operation) => Object.values(operation.responses ?? {})).flatMap((response) => Object.values(response.content ?? {}));
  return contents.flatMap(({ schema }) => referred(schema));
}

function reachable(schemas, roots) {
  const found = new Set();
  const waiting = [...roots];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    waiting.push(...referred(schemas[name]));
  }
  return found;
}

/** Names of the schemas that a part of the document refers to. */
function referred(part) {
  if (typeof part !== "object" || part === null) return [];
  const own = typeof part.$ref === "string" ? [nameOf(part.$ref)] : [];
  return [...own, ...Object.values(part).flatMap(referred)];
}

function nameOf(ref) {
  return ref.split("/").at(-1);
}

function remark(text, indent) {
  return text === undefined || text === "" ? "" : `${indent}/** ${text.replaceAll("*/", "* /").replaceAll(/\s+/g, " ")} */\n`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) writeFileSync(TARGET, typesOf(JSON.parse(readFileSync(DOCUMENT, "utf8"))));
