import type { Metrics } from "@plinth/kit/telemetry/metrics.ts";

/** What the business counts: once for each request that took effect, never for a repeated one. */
export type WalletMetrics = ReturnType<typeof createWalletMetrics>;

export function createWalletMetrics(telemetry: Metrics) {
  return {
    accountsOpened: telemetry.counter("wallet_accounts_opened_total", "Accounts opened", ["currency"]),
    deposits: telemetry.counter("wallet_deposits_total", "Deposits made", ["currency"]),
    depositedCents: telemetry.counter("wallet_deposited_cents_total", "Money deposited", ["currency"]),
    betsPlaced: telemetry.counter("wallet_bets_placed_total", "Bets placed", ["currency"]),
    stakedCents: telemetry.counter("wallet_staked_cents_total", "Money that was bet", ["currency"]),
    betsRefused: telemetry.counter("wallet_bets_refused_total", "Bets refused, by the error's code", ["code"]),
  };
}
