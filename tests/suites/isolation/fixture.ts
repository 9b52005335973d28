import type { discoverServices } from "../../../components/service/descriptor.ts";
import { type Exploration, exploreApi } from "../../support/api/exploration.ts";
import type { Requester } from "../../support/api/requester.ts";
import { OTHER_TENANT, platform, TENANT } from "../../support/services/platform.ts";
import { type ServiceUnderTest, startServiceUnderTest } from "../../support/services/service-under-test.ts";
import { changedTables, snapshotOf, type TenantSnapshot, tenantTables } from "../../support/services/tenant-rows.ts";
import { waitUntilSettled } from "../../support/services/topic-state.ts";
import { createIntruder } from "./intrusion.ts";
import { loadModule } from "./tenant-filter.ts";

/** Whose data is reached for: not the tenant to whom requests without one may belong. */
export const OWNER_TENANT = OTHER_TENANT;
export const FOREIGN_TENANT = TENANT;

/**
 * A service that runs, in which one tenant has done all there is to do, and another one nothing.
 */
export interface IsolationFixture {
  subject: ServiceUnderTest;
  exploration: Exploration;
  foreign: Requester;
  /** With a tenant. */
  tables: string[];
  /** What the first tenant has. */
  owned: TenantSnapshot;
}

export async function createFixture(
  descriptor: ReturnType<typeof discoverServices>[number],
): Promise<IsolationFixture> {
  await loadModule();
  const subject = await startServiceUnderTest(descriptor, await platform());
  const exploration = await exploreApi(subject, OWNER_TENANT);
  const tables = await tenantTables(subject.tables);
  await waitUntilSettled(subject);
  return {
    subject,
    exploration,
    foreign: createIntruder(FOREIGN_TENANT),
    tables,
    owned: await snapshotOf(subject.tables, tables, OWNER_TENANT),
  };
}

/**
 * What became of the first tenant's rows, once the service has done all that it was asked: a line
 * for each table that is not as it was.
 */
export async function changedRows({ subject, tables, owned }: IsolationFixture): Promise<string[]> {
  await waitUntilSettled(subject);
  return changedTables(owned, await snapshotOf(subject.tables, tables, OWNER_TENANT));
}
