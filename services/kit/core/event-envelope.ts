import { randomUUID } from "node:crypto";

/** The fields that every event of the platform has, whatever its topic. */
export interface EventEnvelope {
  readonly id: string;
  readonly tenant_id: number;
  readonly aggregate_id: string;
}

/** The envelope of a new event about `aggregateId`. */
export function createEventEnvelope(tenantId: number, aggregateId: string) {
  return {
    id: randomUUID(),
    tenant_id: tenantId,
    aggregate_id: aggregateId,
    timestamp: Date.now(),
    version: 1,
  } as const;
}
