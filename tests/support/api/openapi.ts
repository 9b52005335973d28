import type { Schema } from "./example.ts";

/** One method of one route of a service's OpenAPI document. */
export interface Operation {
  method: string;
  /** With `{parameters}`. */
  path: string;
  parameters: readonly Parameter[];
  body: Schema | undefined;
  /** The route's resource: `account` for `/accounts/{account_id}` and for `/accounts`. */
  resource: string;
}

export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required: boolean;
  schema: Schema;
}

export interface Document {
  paths: Record<string, Record<string, RawOperation>>;
  components?: { schemas?: Record<string, Schema> };
}

interface RawOperation {
  parameters?: readonly (Omit<Parameter, "required"> & { required?: boolean })[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}

const METHODS = ["post", "put", "patch", "get", "delete"];

/** All operations of a document, ordered so that resources exist: creation, reading, removal. */
export function operations(document: Document): Operation[] {
  return METHODS.flatMap((method) =>
    Object.entries(document.paths).flatMap(([path, methods]) => {
      const raw = methods[method];
      return raw === undefined ? [] : [operation(document, method, path, raw)];
    }),
  );
}

/** `POST /bets` */
export function nameOf({ method, path }: Operation): string {
  return `${method} ${path}`;
}

/** The name that refers to a resource in bodies: `user_id` for `id` of `/users/{id}`. */
export function keyOf(operation: Operation, parameter: string): string {
  if (parameter !== "id") return parameter;
  const segments = operation.path.split("/");
  return `${singular(segments[segments.indexOf("{id}") - 1] ?? "")}_id`;
}

function operation(document: Document, method: string, path: string, raw: RawOperation): Operation {
  const segments = path.split("/").filter((segment) => segment !== "" && !segment.startsWith("{"));
  const body = raw.requestBody?.content["application/json"]?.schema;
  return {
    method: method.toUpperCase(),
    path,
    parameters: (raw.parameters ?? []).map((one) => ({
      ...one,
      required: one.required ?? false,
      schema: resolve(document, one.schema),
    })),
    body: body && resolve(document, body),
    resource: singular(segments.at(-1) ?? ""),
  };
}

function singular(word: string): string {
  return word.replace(/ies$/, "y").replace(/s$/, "");
}

/** Replaces each `$ref` by its target. */
function resolve(document: Document, schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema), (_key, value) => {
    const reference = typeof value === "object" && value !== null ? (value as Schema).$ref : undefined;
    if (reference === undefined) return value;
    const target = document.components?.schemas?.[reference.split("/").at(-1) ?? ""];
    if (!target) throw new Error(`the document refers to ${reference}, which it does not have`);
    return resolve(document, target);
  });
}
