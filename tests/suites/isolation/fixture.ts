import type { discoverServices } from "../../../components/service/descriptor.ts";
import { type Exploration, exploreApi } from "../../support/api/exploration.ts";
import type { Requester } from "../../support/api/requester.ts";
import { OTHER_TENANT, platform, TENANT } from "../../support/services/platform.ts";
import { type ServiceUnderTest, startServiceUnderTest } from "../../support/services/service-under-test.ts";
import { changedTables, snapshotOf, type TenantSnapshot, tenantTables } from "../../support/services/tenant-rows.ts";
import { waitUntilSettled } from "../../support/services/topic-state.ts";
import { createIntruder } from "./intrusion.ts";
import { loadModule } from "./tenant-filter.ts";

/** Owns the data. Not the default tenant, to which requests without a tenant may belong. */
export const OWNER_TENANT = OTHER_TENANT;
export const FOREIGN_TENANT = TENANT;

/** A running service in which one tenant has used every route and another none. */
export interface IsolationFixture {
  subject: ServiceUnderTest;
  exploration: Exploration;
  foreign: Requester;
  /** Tables with a tenant. */
  tables: string[];
  /** The owner's rows. */
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

/** Returns a line for each table in which the owner's rows changed, once the service is idle. */
export async function changedRows({ subject, tables, owned }: IsolationFixture): Promise<string[]> {
  await waitUntilSettled(subject);
  return changedTables(owned, await snapshotOf(subject.tables, tables, OWNER_TENANT));
}
