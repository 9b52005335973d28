import type { Metrics } from "@plinth/kit/telemetry/metrics.ts";

/** Business metrics: each request counts once, however often a client repeats it. */
export type WalletMetrics = ReturnType<typeof createWalletMetrics>;

export function createWalletMetrics(metrics: Metrics) {
  return {
    accountsOpened: metrics.counter("wallet_accounts_opened_total", "Accounts opened", ["currency"]),
    deposits: metrics.counter("wallet_deposits_total", "Deposits made", ["currency"]),
    depositedCents: metrics.counter("wallet_deposited_cents_total", "Money deposited", ["currency"]),
    betsPlaced: metrics.counter("wallet_bets_placed_total", "Bets placed", ["currency"]),
    stakedCents: metrics.counter("wallet_staked_cents_total", "Money that was bet", ["currency"]),
    betsRefused: metrics.counter("wallet_bets_refused_total", "Bets refused, by the error's code", ["code"]),
  };
}
