import type { ServiceProcess } from "@plinth/kit/testing/service-process.ts";
import type { discoverServices } from "../../../components/service/descriptor.ts";
import type { Document } from "../api/openapi.ts";
import { waitUntil } from "../eventually.ts";
import type { Platform } from "./platform.ts";
import { createProcessOf } from "./service-process.ts";
import { type SqlProxy, startSqlProxy } from "./sql-proxy.ts";
import type { ServiceTables } from "./tenant-rows.ts";

type ServiceDescriptor = ReturnType<typeof discoverServices>[number];

/** A service under test, started from its descriptor alone. */
export interface ServiceUnderTest {
  descriptor: ServiceDescriptor;
  at: Platform;
  base: string;
  process: ServiceProcess;
  /** Captures its statements. */
  sqlProxy: SqlProxy;
  document: Document;
  tables: ServiceTables;
  stop(): Promise<void>;
}

/**
 * Starts a service in a separate process and waits until it is ready.
 * @param environment in addition to the platform's
 */
export async function startService(
  { name, probes }: ServiceDescriptor,
  at: Platform,
  environment: Record<string, string> = {},
): Promise<ServiceProcess> {
  const service = await createProcessOf(at, name, environment);
  await service.start();
  await waitUntil(
    `${name} is ready`,
    async () => (await fetch(`${service.baseUrl}${probes.ready}`)).ok,
    Boolean,
    30_000,
  );
  return service;
}

export async function startServiceUnderTest(descriptor: ServiceDescriptor, at: Platform): Promise<ServiceUnderTest> {
  const sqlProxy = await startSqlProxy(at.database.port);
  const database = new URL(at.database.url);
  database.port = String(sqlProxy.port);
  const process = await startService(descriptor, at, { DATABASE_URL: database.href });
  const { baseUrl } = process;
  const document = (await (await fetch(`${baseUrl}${descriptor.openapi}`)).json()) as Document;
  return {
    descriptor,
    at,
    base: baseUrl,
    process,
    sqlProxy,
    document,
    tables: { sql: at.sql, schema: descriptor.name },
    async stop() {
      await process.stop();
      await sqlProxy.stop();
    },
  };
}
