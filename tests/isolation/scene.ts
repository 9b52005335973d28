import type { discoverServices } from "../../components/descriptor.ts";
import { OTHER_TENANT, platform, TENANT } from "../services/platform.ts";
import type { Actor } from "./actor.ts";
import { type Exploration, explore } from "./exploration.ts";
import { intruder } from "./intrusion.ts";
import { type Subject, startSubject } from "./subject.ts";
import { loadModule } from "./tenant-filter.ts";
import { changes, type Snapshot, snapshotOf, tenantTables } from "./tenant-rows.ts";
import { settled } from "./topics.ts";

/** Whose data is reached for: not the tenant to whom requests without one may belong. */
export const VICTIM = OTHER_TENANT;
export const FOREIGN = TENANT;

/** A service that runs, in which one tenant has done all there is to do, and another one nothing. */
export interface Scene {
  subject: Subject;
  exploration: Exploration;
  foreign: Actor;
  /** With a tenant. */
  tables: string[];
  /** What the first tenant has. */
  owned: Snapshot;
}

export async function setScene(descriptor: ReturnType<typeof discoverServices>[number]): Promise<Scene> {
  await loadModule();
  const subject = await startSubject(descriptor, await platform());
  const exploration = await explore(subject, VICTIM);
  const tables = await tenantTables(subject.tables);
  await settled(subject);
  return { subject, exploration, foreign: intruder(FOREIGN), tables, owned: await snapshotOf(subject.tables, tables, VICTIM) };
}

/** What became of the first tenant's rows, once the service has done all that it was asked: a line for each table that is not as it was. */
export async function harm({ subject, tables, owned }: Scene): Promise<string[]> {
  await settled(subject);
  return changes(owned, await snapshotOf(subject.tables, tables, VICTIM));
}
