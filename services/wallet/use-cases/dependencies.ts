import type { Database } from "@plinth/kit/database/database.ts";
import type { Outbox } from "@plinth/kit/outbox/outbox.ts";
import type { WalletEvents } from "../events.ts";
import type { WalletMetrics } from "../metrics.ts";

/** What the wallet's use cases stand on. */
export interface WalletDependencies {
  database: Database;
  outbox: Outbox<WalletEvents>;
  metrics: WalletMetrics;
  /** Called after each transaction that wrote events, so that they are published at once. */
  notifyCommitted(): void;
}

/** What every write knows about its request. */
export interface RequestContext {
  tenantId: number;
  correlationId: string;
  idempotencyKey?: string | undefined;
}
