import { errors } from "./errors.ts";

export function pathParameter(pathParameters: string[], index: number): string {
  return pathParameters[index] as string;
}

/** The subject in a path. `:.:` names the default context, the only one of this registry. */
export function subjectParameter(pathParameters: string[]): string {
  return (pathParameters[0] as string).replace(/^:\.:/, "");
}

export function booleanParameter(query: URLSearchParams, name: string): boolean {
  return query.get(name)?.toLowerCase() === "true";
}

export function versionFilter(query: URLSearchParams): "live" | "all" | "deleted" {
  if (booleanParameter(query, "deletedOnly")) return "deleted";
  return booleanParameter(query, "deleted") ? "all" : "live";
}

/** Clients write `:*:` for "in every context", and `:.:` for the default one. */
export function subjectPrefix(query: URLSearchParams): string {
  return (query.get("subjectPrefix") ?? "").replace(/^:[*.]:/, "");
}

export function paginate<T>(values: T[], query: URLSearchParams): T[] {
  const offset = Number(query.get("offset") ?? 0);
  const limit = Number(query.get("limit") ?? -1);
  if (!Number.isInteger(offset) || !Number.isInteger(limit) || offset < 0)
    throw errors.badRequest(`"offset" and "limit" must be whole numbers.`);
  return values.slice(offset, limit < 0 ? undefined : offset + limit);
}
