import type { discoverServices } from "../../components/descriptor.ts";
import { serviceProcess } from "../../components/process/microservice.ts";
import type { Platform } from "../services/platform.ts";
import { freePort, type Server, serve } from "../support/servers.ts";
import type { Document } from "./openapi.ts";
import { type SqlTap, sqlTap } from "./sql-tap.ts";
import type { Tables } from "./tenant-rows.ts";

type ServiceDescriptor = ReturnType<typeof discoverServices>[number];

/** A service under test, started by nothing but its descriptor. */
export interface Subject {
  descriptor: ServiceDescriptor;
  at: Platform;
  base: string;
  server: Server;
  /** What it asks the database. */
  tap: SqlTap;
  document: Document;
  tables: Tables;
  stop(): Promise<void>;
}

/** The service in a process of its own, on a free port. @param more environment beside the platform's */
export async function startService(descriptor: ServiceDescriptor, at: Platform, more: Record<string, string> = {}): Promise<Server> {
  const port = await freePort();
  const { environment: own, ...spec } = serviceProcess(descriptor, port);
  const environment = { ...at.environment(), ...own, LOG_LEVEL: "info", ...more };
  return serve(`${descriptor.name}-${port}`, { ...spec, environment }, port, `http://127.0.0.1:${port}`);
}

export async function startSubject(descriptor: ServiceDescriptor, at: Platform): Promise<Subject> {
  const tap = await sqlTap(at.database.port);
  const database = new URL(at.database.url);
  database.port = String(tap.port);
  const server = await startService(descriptor, at, { DATABASE_URL: database.href });
  const base = server.url;
  const document = (await (await fetch(`${base}${descriptor.openapi}`)).json()) as Document;
  return {
    descriptor,
    at,
    base,
    server,
    tap,
    document,
    tables: { sql: at.sql, schema: descriptor.name },
    async stop() {
      await server.stop();
      await tap.stop();
    },
  };
}
