import { defineMetrics } from "@plinth/kit/telemetry/metric-definition.ts";
import type { Metrics } from "@plinth/kit/telemetry/metrics.ts";
import { currencies } from "./currencies.ts";

/** Each currency, and one for all that accounts from before the list may have. */
const maxSeries = currencies.length + 1;

/** Business metrics: each request counts once, however often a client repeats it. */
export const walletMetrics = defineMetrics({
  wallet_accounts_opened_total: { type: "counter", help: "Accounts opened", labels: ["currency"], maxSeries },
  wallet_deposits_total: { type: "counter", help: "Deposits made", labels: ["currency"], maxSeries },
  wallet_deposited_cents_total: {
    type: "counter",
    help: "Money deposited",
    unit: "cents",
    labels: ["currency"],
    maxSeries,
  },
  wallet_bets_placed_total: { type: "counter", help: "Bets placed", labels: ["currency"], maxSeries },
  wallet_staked_cents_total: {
    type: "counter",
    help: "Money that was bet",
    unit: "cents",
    labels: ["currency"],
    maxSeries,
  },
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
