import { compatibility } from "./compatibility.ts";
import { settings } from "./config.ts";
import { deletion } from "./deletion.ts";
import { errors } from "./errors.ts";
import type { Journal } from "./journal.ts";
import { shown } from "./records.ts";
import { schemas } from "./schemas.ts";
import { subjects } from "./subjects.ts";
import { requireVersion } from "./versions.ts";

export interface Request {
  /** Decoded parts of the path, in order of the pattern's `*`. */
  parts: string[];
  query: URLSearchParams;
  /** The JSON object that came with POST and PUT. */
  body: Record<string, unknown>;
}

/** An answer that is text already, such as a schema. */
export class Text {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export interface Route {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Path with `*` for each part that varies. */
  path: string;
  run: (request: Request) => unknown;
}

/** The REST API of Confluent's registry, for Avro and the default context. */
export function routes(journal: Journal): Route[] {
  return [
    ...serviceRoutes(),
    ...subjectRoutes(journal),
    ...versionRoutes(journal),
    ...schemaRoutes(journal),
    ...compatibilityRoutes(journal),
    ...settingRoutes(journal, "config", { get: "config", set: "setConfig", remove: "deleteConfig" }),
    ...settingRoutes(journal, "mode", { get: "mode", set: "setMode", remove: "deleteMode" }),
  ];
}

function serviceRoutes(): Route[] {
  return [
    { method: "GET", path: "/", run: () => ({}) },
    { method: "GET", path: "/health", run: () => ({ status: "UP" }) },
    { method: "GET", path: "/contexts", run: () => ["."] },
    { method: "GET", path: "/schemas/types", run: () => ["AVRO"] },
  ];
}

function subjectRoutes(journal: Journal): Route[] {
  const { lookUp } = subjects(journal);
  const { deleteSubject } = deletion(journal);
  return [
    {
      method: "GET",
      path: "/subjects",
      run: ({ query }) => {
        const prefix = prefixOf(query);
        return page(
          journal.state.subjects(include(query)).filter((subject) => subject.startsWith(prefix)),
          query,
        );
      },
    },
    {
      method: "POST",
      path: "/subjects/*",
      run: ({ parts, query, body }) =>
        shown(lookUp({ subject: part(parts, 0), request: body, normalize: flag(query, "normalize") }, flag(query, "deleted"))),
    },
    { method: "DELETE", path: "/subjects/*", run: ({ parts, query }) => deleteSubject(part(parts, 0), flag(query, "permanent")) },
  ];
}

function versionRoutes(journal: Journal): Route[] {
  const { register } = subjects(journal);
  const { deleteVersion } = deletion(journal);
  const version = ({ parts, query }: Request) => requireVersion(journal.state, part(parts, 0), part(parts, 1), flag(query, "deleted"));
  return [
    {
      method: "GET",
      path: "/subjects/*/versions",
      run: ({ parts, query }) => {
        const subject = part(parts, 0);
        if (journal.state.versions(subject, include(query) === "live" ? "live" : "all").length === 0) throw errors.subjectNotFound(subject);
        return page(
          journal.state.versions(subject, include(query)).map((value) => value.version),
          query,
        );
      },
    },
    {
      method: "POST",
      path: "/subjects/*/versions",
      run: ({ parts, query, body }) => register({ subject: part(parts, 0), request: body, normalize: flag(query, "normalize") }),
    },
    { method: "GET", path: "/subjects/*/versions/*", run: (request) => shown(version(request)) },
    { method: "GET", path: "/subjects/*/versions/*/schema", run: (request) => new Text(version(request).schema) },
    {
      method: "GET",
      path: "/subjects/*/versions/*/referencedby",
      run: (request) => {
        const found = requireVersion(journal.state, part(request.parts, 0), part(request.parts, 1), true);
        const by = journal.state
          .referencedBy(found.subject, found.version)
          .filter((value) => flag(request.query, "deleted") || !value.deleted);
        return page([...new Set(by.map(({ id }) => id))], request.query);
      },
    },
    {
      method: "DELETE",
      path: "/subjects/*/versions/*",
      run: ({ parts, query }) => deleteVersion(part(parts, 0), part(parts, 1), flag(query, "permanent")),
    },
  ];
}

function schemaRoutes(journal: Journal): Route[] {
  const { byId, versionsOf, list } = schemas(journal);
  return [
    {
      method: "GET",
      path: "/schemas",
      run: ({ query }) => page(list(prefixOf(query), flag(query, "deleted"), flag(query, "latestOnly")).map(shown), query),
    },
    { method: "GET", path: "/schemas/ids/*", run: ({ parts, query }) => byId(part(parts, 0), flag(query, "fetchMaxId")) },
    { method: "GET", path: "/schemas/ids/*/schema", run: ({ parts }) => new Text(byId(part(parts, 0), false).schema) },
    {
      method: "GET",
      path: "/schemas/ids/*/subjects",
      run: ({ parts, query }) =>
        page([...new Set(versionsOf(part(parts, 0), flag(query, "deleted")).map(({ subject }) => subject))].sort(), query),
    },
    {
      method: "GET",
      path: "/schemas/ids/*/versions",
      run: ({ parts, query }) => page(versionsOf(part(parts, 0), flag(query, "deleted")), query),
    },
  ];
}

function compatibilityRoutes(journal: Journal): Route[] {
  const { check } = compatibility(journal);
  const run = ({ parts, query, body }: Request) => check(part(parts, 0), parts[1], body, flag(query, "normalize"), flag(query, "verbose"));
  return [
    { method: "POST", path: "/compatibility/subjects/*/versions", run },
    { method: "POST", path: "/compatibility/subjects/*/versions/*", run },
  ];
}

function settingRoutes<G extends "config" | "mode", S extends "setConfig" | "setMode", R extends "deleteConfig" | "deleteMode">(
  journal: Journal,
  noun: string,
  names: { get: G; set: S; remove: R },
): Route[] {
  const { [names.get]: get, [names.set]: set, [names.remove]: remove } = settings(journal);
  const subject = ({ parts }: Request) => parts[0] ?? null;
  return [`/${noun}`, `/${noun}/*`].flatMap((path): Route[] => [
    { method: "GET", path, run: (request) => get(subject(request), flag(request.query, "defaultToGlobal")) },
    { method: "PUT", path, run: (request) => set(subject(request), request.body, flag(request.query, "force")) },
    { method: "DELETE", path, run: (request) => remove(subject(request)) },
  ]);
}

function part(parts: string[], index: number): string {
  return parts[index] as string;
}

function flag(query: URLSearchParams, name: string): boolean {
  return query.get(name)?.toLowerCase() === "true";
}

function include(query: URLSearchParams): "live" | "all" | "deleted" {
  if (flag(query, "deletedOnly")) return "deleted";
  return flag(query, "deleted") ? "all" : "live";
}

/** `:*:` is how the original's clients say "in every context"; here there is one. */
function prefixOf(query: URLSearchParams): string {
  return (query.get("subjectPrefix") ?? "").replace(/^:\*:/, "");
}

function page<T>(values: T[], query: URLSearchParams): T[] {
  const offset = Number(query.get("offset") ?? 0);
  const limit = Number(query.get("limit") ?? -1);
  if (!Number.isInteger(offset) || !Number.isInteger(limit) || offset < 0)
    throw errors.badRequest(`"offset" and "limit" must be whole numbers.`);
  return values.slice(offset, limit < 0 ? undefined : offset + limit);
}
