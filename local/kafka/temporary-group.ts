import { setTimeout as sleep } from "node:timers/promises";
import type { Admin } from "kafkajs";

const RETRY_MS = 250;
const RETRIES = 4;
/** The protocol's number of GROUP_ID_NOT_FOUND: the reader failed before it joined. */
const NO_SUCH_GROUP = 69;

/** A member that has just left may still be counted. A group that is kept expires by itself. */
export async function deleteGroup(admin: Admin, groupId: string): Promise<void> {
  for (let attempt = 0; attempt <= RETRIES; attempt++) {
    if (attempt > 0) await sleep(RETRY_MS);
    const answer = await admin.deleteGroups([groupId]).catch((error: { groups?: { errorCode?: number }[] }) => error);
    const code = "groups" in answer ? answer.groups?.[0]?.errorCode : undefined;
    if (code === undefined || code === NO_SUCH_GROUP) return;
  }
}
