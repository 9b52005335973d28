import { isNonEmptyString, isRecord } from "./guards.ts";

/** An operation of a document, with a path that can be requested. */
export interface Operation {
  method: string;
  /** Its parameters filled with a UUID. */
  path: string;
  /** As the document has it. */
  pattern: string;
}

const METHODS = ["get", "post", "put", "patch", "delete", "head", "options", "trace"];
const SAMPLE_ID = "00000000-0000-4000-8000-000000000000";

/** Violations of the fields that OpenAPI 3 requires (https://spec.openapis.org/oas/v3.1.1.html). */
export function openapiErrors(document: unknown): string[] {
  if (!isRecord(document)) return ["it is not an object"];
  const { openapi, info, paths } = document;
  const faults: string[] = [];
  if (!/^3\.[01]\.\d+$/.test(String(openapi)))
    faults.push(`'openapi' is ${JSON.stringify(openapi) ?? "missing"}, but must be a version such as "3.0.3"`);
  if (!isRecord(info) || !isNonEmptyString(info.title) || !isNonEmptyString(info.version))
    faults.push("'info' needs a title and a version");
  if (!isRecord(paths) || Object.keys(paths).length === 0)
    return [...faults, "'paths' names no route: describe each that clients use"];
  return [...faults, ...Object.entries(paths).flatMap(([path, item]) => pathErrors(path, item))];
}

function pathErrors(path: string, item: unknown): string[] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const operations = methodEntries(item).flatMap(([method, operation]) => {
    const route = `${method.toUpperCase()} ${path}`;
    const silent =
      !isRecord(operation) || !isRecord(operation.responses) || Object.keys(operation.responses).length === 0;
    const undescribed = names.filter((name) => !parameterNames(item, operation).includes(name));
    return [
      ...(silent ? [`${route} names no response`] : []),
      ...undescribed.map((name) => `${route} does not describe its parameter ${name}`),
    ];
  });
  return [...(path.startsWith("/") ? [] : [`path '${path}' must start with /`]), ...operations];
}

/** In the order of the document, without the paths in `excluded`. */
export function listOperations(document: unknown, excluded: readonly string[]): Operation[] {
  if (!isRecord(document) || !isRecord(document.paths)) return [];
  return Object.entries(document.paths)
    .filter(([pattern]) => !excluded.includes(pattern))
    .flatMap(([pattern, item]) =>
      methodEntries(item).map(([method]) => ({
        method: method.toUpperCase(),
        pattern,
        path: pattern.replace(/\{\w+\}/g, SAMPLE_ID),
      })),
    );
}

function methodEntries(item: unknown): [string, unknown][] {
  return isRecord(item) ? Object.entries(item).filter(([method]) => METHODS.includes(method)) : [];
}

/** References count as descriptions: only a validator resolves them. */
function parameterNames(...holders: unknown[]): string[] {
  const lists = holders.flatMap((holder) =>
    isRecord(holder) && Array.isArray(holder.parameters) ? [holder.parameters as unknown[]] : [],
  );
  return lists
    .flat()
    .flatMap((parameter) =>
      isRecord(parameter) ? [String(parameter.name ?? String(parameter.$ref).split("/").at(-1))] : [],
    );
}
