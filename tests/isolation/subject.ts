import type { OwnProcess } from "@plinth/kit/testing/own-process.ts";
import type { discoverServices } from "../../components/descriptor.ts";
import type { Platform } from "../services/platform.ts";
import { serviceProcess } from "../services/processes.ts";
import { until } from "../support/eventually.ts";
import type { Document } from "./openapi.ts";
import { type SqlTap, sqlTap } from "./sql-tap.ts";
import type { Tables } from "./tenant-rows.ts";

type ServiceDescriptor = ReturnType<typeof discoverServices>[number];

/** A service under test, started by nothing but its descriptor. */
export interface Subject {
  descriptor: ServiceDescriptor;
  at: Platform;
  base: string;
  process: OwnProcess;
  /** What it asks the database. */
  tap: SqlTap;
  document: Document;
  tables: Tables;
  stop(): Promise<void>;
}

/** A service in a process of its own, ready. @param environment beside the platform's */
export async function startService(
  { name, probes }: ServiceDescriptor,
  at: Platform,
  environment: Record<string, string> = {},
): Promise<OwnProcess> {
  const service = await serviceProcess(at, name, environment);
  await service.start();
  await until(`${name} is ready`, async () => (await fetch(`${service.base}${probes.ready}`)).ok, Boolean, 30_000);
  return service;
}

export async function startSubject(descriptor: ServiceDescriptor, at: Platform): Promise<Subject> {
  const tap = await sqlTap(at.database.port);
  const database = new URL(at.database.url);
  database.port = String(tap.port);
  const process = await startService(descriptor, at, { DATABASE_URL: database.href });
  const { base } = process;
  const document = (await (await fetch(`${base}${descriptor.openapi}`)).json()) as Document;
  return {
    descriptor,
    at,
    base,
    process,
    tap,
    document,
    tables: { sql: at.sql, schema: descriptor.name },
    async stop() {
      await process.stop();
      await tap.stop();
    },
  };
}
