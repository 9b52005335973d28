import type { SystemEvent } from "./avro.ts";

export interface Notice {
  id: string;
  type: string;
  text: string;
  timestamp: string;
}

const KEPT = 100;

export function noticeOf({ id, event_type, event_data, timestamp }: SystemEvent): Notice {
  return { id, type: event_type, text: event_data.text ?? "", timestamp: new Date(timestamp).toISOString() };
}

/** The last notices of each tenant, in memory. Keep them in a table or a cache before you run more than one replica. */
export class Notices {
  private readonly kept = new Map<number, Notice[]>();

  /** False when the event was here already: a broker may deliver it again. */
  add(event: SystemEvent): boolean {
    const own = this.kept.get(event.tenant_id) ?? [];
    if (own.some(({ id }) => id === event.id)) return false;
    this.kept.set(event.tenant_id, [noticeOf(event), ...own].slice(0, KEPT));
    return true;
  }

  /** Newest first. */
  of(tenantId: number): Notice[] {
    return this.kept.get(tenantId) ?? [];
  }
}
