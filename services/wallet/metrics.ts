import { defineMetrics } from "@plinth/kit/telemetry/metric-definition.ts";
import type { Metrics } from "@plinth/kit/telemetry/metrics.ts";

/** Business metrics: each request counts once, however often a client repeats it. */
export const walletMetrics = defineMetrics({
  wallet_accounts_opened_total: { type: "counter", help: "Accounts opened", labels: ["currency"] },
  wallet_deposits_total: { type: "counter", help: "Deposits made", labels: ["currency"] },
  wallet_deposited_cents_total: { type: "counter", help: "Money deposited", unit: "cents", labels: ["currency"] },
  wallet_bets_placed_total: { type: "counter", help: "Bets placed", labels: ["currency"] },
  wallet_staked_cents_total: { type: "counter", help: "Money that was bet", unit: "cents", labels: ["currency"] },
  wallet_bets_refused_total: { type: "counter", help: "Bets refused, by the error's code", labels: ["code"] },
});

export type WalletMetrics = ReturnType<typeof createWalletMetrics>;

export function createWalletMetrics(metrics: Metrics) {
  return {
    accountsOpened: metrics.counter(walletMetrics.wallet_accounts_opened_total),
    deposits: metrics.counter(walletMetrics.wallet_deposits_total),
    depositedCents: metrics.counter(walletMetrics.wallet_deposited_cents_total),
    betsPlaced: metrics.counter(walletMetrics.wallet_bets_placed_total),
    stakedCents: metrics.counter(walletMetrics.wallet_staked_cents_total),
    betsRefused: metrics.counter(walletMetrics.wallet_bets_refused_total),
  };
}
