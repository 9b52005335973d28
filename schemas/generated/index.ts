// Generated from the catalogue. Do not edit: `make generate` writes it.
import type { BetEvent } from "./V1_BETS.ts";
import type { PaymentEvent } from "./V1_PAYMENTS.ts";
import type { BalanceEvent } from "./V1_BALANCES.ts";
import type { ComplianceEvent } from "./V1_COMPLIANCE.ts";
import type { UserEvent } from "./user-events.ts";
import type { SystemEvent } from "./V1_SYSTEM.ts";

export type { BetData, BetEvent, BetEventType, BetOutcome } from "./V1_BETS.ts";
export type { PaymentData, PaymentEvent, PaymentEventType, PaymentReason } from "./V1_PAYMENTS.ts";
export type { BalanceData, BalanceEvent, BalanceEventType } from "./V1_BALANCES.ts";
export type { ComplianceData, ComplianceEvent, ComplianceEventType, LimitKind } from "./V1_COMPLIANCE.ts";
export type { UserEvent, UserEventData } from "./user-events.ts";
export type { SystemEvent } from "./V1_SYSTEM.ts";

/** The event of each topic. */
export interface Events {
  readonly V1_BETS: BetEvent;
  readonly V1_PAYMENTS: PaymentEvent;
  readonly V1_BALANCES: BalanceEvent;
  readonly V1_COMPLIANCE: ComplianceEvent;
  readonly "user-events": UserEvent;
  readonly V1_SYSTEM: SystemEvent;
}

/** `EventOf<"V1_BETS">` is a `BetEvent`. */
export type EventOf<T extends keyof Events> = Events[T];
