import { createCompatibilityOperations } from "./compatibility.ts";
import { createDeletionOperations } from "./deletion.ts";
import { errors } from "./errors.ts";
import { toVersionResponse } from "./records.ts";
import { createSchemaOperations } from "./schemas.ts";
import { createSettingsOperations } from "./settings.ts";
import type { RegistryStore } from "./store.ts";
import { createSubjectOperations } from "./subjects.ts";
import { requireVersion } from "./versions.ts";

export interface RouteRequest {
  /** Decoded parts of the path, in order of the pattern's `*`. */
  parts: string[];
  query: URLSearchParams;
  /** The JSON object that came with POST and PUT. */
  body: Record<string, unknown>;
}

/** An answer that is text already, such as a schema. */
export class TextResponse {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export interface Route {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Path with `*` for each part that varies. */
  path: string;
  handle: (request: RouteRequest) => unknown;
}

/** The REST API of Confluent's registry, for Avro and the default context. */
export function createRoutes(journal: RegistryStore): Route[] {
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
    { method: "GET", path: "/", handle: () => ({}) },
    { method: "GET", path: "/health", handle: () => ({ status: "UP" }) },
    { method: "GET", path: "/contexts", handle: () => ["."] },
    { method: "GET", path: "/schemas/types", handle: () => ["AVRO"] },
  ];
}

function subjectRoutes(journal: RegistryStore): Route[] {
  const { lookUp } = createSubjectOperations(journal);
  const { deleteSubject } = createDeletionOperations(journal);
  return [
    {
      method: "GET",
      path: "/subjects",
      handle: ({ query }) => {
        const prefix = subjectPrefix(query);
        return paginate(
          journal.state.subjects(versionFilter(query)).filter((subject) => subject.startsWith(prefix)),
          query,
        );
      },
    },
    {
      method: "POST",
      path: "/subjects/*",
      handle: ({ parts, query, body }) =>
        toVersionResponse(
          lookUp(
            { subject: pathParameter(parts, 0), request: body, normalize: booleanParameter(query, "normalize") },
            booleanParameter(query, "deleted"),
          ),
        ),
    },
    {
      method: "DELETE",
      path: "/subjects/*",
      handle: ({ parts, query }) => deleteSubject(pathParameter(parts, 0), booleanParameter(query, "permanent")),
    },
  ];
}

function versionRoutes(journal: RegistryStore): Route[] {
  const { register } = createSubjectOperations(journal);
  const { deleteVersion } = createDeletionOperations(journal);
  const version = ({ parts, query }: RouteRequest) =>
    requireVersion(journal.state, pathParameter(parts, 0), pathParameter(parts, 1), booleanParameter(query, "deleted"));
  return [
    {
      method: "GET",
      path: "/subjects/*/versions",
      handle: ({ parts, query }) => {
        const subject = pathParameter(parts, 0);
        if (journal.state.versions(subject, versionFilter(query) === "live" ? "live" : "all").length === 0)
          throw errors.subjectNotFound(subject);
        return paginate(
          journal.state.versions(subject, versionFilter(query)).map((value) => value.version),
          query,
        );
      },
    },
    {
      method: "POST",
      path: "/subjects/*/versions",
      handle: ({ parts, query, body }) =>
        register({ subject: pathParameter(parts, 0), request: body, normalize: booleanParameter(query, "normalize") }),
    },
    { method: "GET", path: "/subjects/*/versions/*", handle: (request) => toVersionResponse(version(request)) },
    {
      method: "GET",
      path: "/subjects/*/versions/*/schema",
      handle: (request) => new TextResponse(version(request).schema),
    },
    {
      method: "GET",
      path: "/subjects/*/versions/*/referencedby",
      handle: (request) => {
        const found = requireVersion(
          journal.state,
          pathParameter(request.parts, 0),
          pathParameter(request.parts, 1),
          true,
        );
        const by = journal.state
          .referencedBy(found.subject, found.version)
          .filter((value) => booleanParameter(request.query, "deleted") || !value.deleted);
        return paginate([...new Set(by.map(({ id }) => id))], request.query);
      },
    },
    {
      method: "DELETE",
      path: "/subjects/*/versions/*",
      handle: ({ parts, query }) =>
        deleteVersion(pathParameter(parts, 0), pathParameter(parts, 1), booleanParameter(query, "permanent")),
    },
  ];
}

function schemaRoutes(journal: RegistryStore): Route[] {
  const { byId, versionsOf, list } = createSchemaOperations(journal);
  return [
    {
      method: "GET",
      path: "/schemas",
      handle: ({ query }) =>
        paginate(
          list(subjectPrefix(query), booleanParameter(query, "deleted"), booleanParameter(query, "latestOnly")).map(
            toVersionResponse,
          ),
          query,
        ),
    },
    {
      method: "GET",
      path: "/schemas/ids/*",
      handle: ({ parts, query }) => byId(pathParameter(parts, 0), booleanParameter(query, "fetchMaxId")),
    },
    {
      method: "GET",
      path: "/schemas/ids/*/schema",
      handle: ({ parts }) => new TextResponse(byId(pathParameter(parts, 0), false).schema),
    },
    {
      method: "GET",
      path: "/schemas/ids/*/subjects",
      handle: ({ parts, query }) =>
        paginate(
          [
            ...new Set(
              versionsOf(pathParameter(parts, 0), booleanParameter(query, "deleted")).map(({ subject }) => subject),
            ),
          ].sort(),
          query,
        ),
    },
    {
      method: "GET",
      path: "/schemas/ids/*/versions",
      handle: ({ parts, query }) =>
        paginate(versionsOf(pathParameter(parts, 0), booleanParameter(query, "deleted")), query),
    },
  ];
}

function compatibilityRoutes(journal: RegistryStore): Route[] {
  const { check } = createCompatibilityOperations(journal);
  const run = ({ parts, query, body }: RouteRequest) =>
    check(
      pathParameter(parts, 0),
      parts[1],
      body,
      booleanParameter(query, "normalize"),
      booleanParameter(query, "verbose"),
    );
  return [
    { method: "POST", path: "/compatibility/subjects/*/versions", handle: run },
    { method: "POST", path: "/compatibility/subjects/*/versions/*", handle: run },
  ];
}

function settingRoutes<
  G extends "config" | "mode",
  S extends "setConfig" | "setMode",
  R extends "deleteConfig" | "deleteMode",
>(journal: RegistryStore, noun: string, names: { get: G; set: S; remove: R }): Route[] {
  const { [names.get]: get, [names.set]: set, [names.remove]: remove } = createSettingsOperations(journal);
  const subject = ({ parts }: RouteRequest) => parts[0] ?? null;
  return [`/${noun}`, `/${noun}/*`].flatMap((path): Route[] => [
    {
      method: "GET",
      path,
      handle: (request) => get(subject(request), booleanParameter(request.query, "defaultToGlobal")),
    },
    {
      method: "PUT",
      path,
      handle: (request) => set(subject(request), request.body, booleanParameter(request.query, "force")),
    },
    { method: "DELETE", path, handle: (request) => remove(subject(request)) },
  ]);
}

function pathParameter(parts: string[], index: number): string {
  return parts[index] as string;
}

function booleanParameter(query: URLSearchParams, name: string): boolean {
  return query.get(name)?.toLowerCase() === "true";
}

function versionFilter(query: URLSearchParams): "live" | "all" | "deleted" {
  if (booleanParameter(query, "deletedOnly")) return "deleted";
  return booleanParameter(query, "deleted") ? "all" : "live";
}

/** `:*:` is how the original's clients say "in every context"; here there is one. */
function subjectPrefix(query: URLSearchParams): string {
  return (query.get("subjectPrefix") ?? "").replace(/^:\*:/, "");
}

function paginate<T>(values: T[], query: URLSearchParams): T[] {
  const offset = Number(query.get("offset") ?? 0);
  const limit = Number(query.get("limit") ?? -1);
  if (!Number.isInteger(offset) || !Number.isInteger(limit) || offset < 0)
    throw errors.badRequest(`"offset" and "limit" must be whole numbers.`);
  return values.slice(offset, limit < 0 ? undefined : offset + limit);
}
