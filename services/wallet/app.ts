import { createCodec } from "@plinth/kit/avro.ts";
import { createConsumer } from "@plinth/kit/consumer.ts";
import type { Logger } from "@plinth/kit/logger.ts";
import { createOutbox } from "@plinth/kit/outbox.ts";
import { pruneHourly } from "@plinth/kit/pruning.ts";
import { createRelay } from "@plinth/kit/relay.ts";
import { assemble, openBase, type Service } from "@plinth/kit/service.ts";
import { applyPayments, BALANCES_GROUP } from "./balances.ts";
import { topicName, type WalletEnv } from "./env.ts";
import { type WalletEvents, walletSchemas } from "./events.ts";
import { walletMetrics } from "./metrics.ts";
import { walletRepository } from "./repository.ts";
import { accountRoutes } from "./routes/accounts.ts";
import { betRoutes } from "./routes/bets.ts";

/** A day more than the longest that a topic keeps its records, so that even a consumer that starts again applies nothing twice; a week for clients to repeat a request. */
const remembered = [
  { table: "inbox", column: "received_at", days: 31 },
  { table: "idempotency_keys", column: "created_at", days: 7 },
];

/** The whole service, not yet started. */
export async function createWallet(env: WalletEnv, logger?: Logger): Promise<Service> {
  const base = openBase(env, logger);
  const { database } = base;
  const codec = createCodec<WalletEvents>(base.registry, walletSchemas);
  const outbox = createOutbox(codec, (topic) => topicName(env, topic));
  const relay = createRelay(base);
  const repository = walletRepository(database, outbox, walletMetrics(base.telemetry), relay.wake);
  const balances = createConsumer({
    ...base,
    group: BALANCES_GROUP,
    topic: env.TOPIC_V1_PAYMENTS,
    deadLetterTopic: env.TOPIC_V1_PAYMENTS_DLQ,
    // As many transactions as the database has cores here: more of them would only wait for each other.
    concurrency: 2,
    decode: (value) => codec.decode("V1_PAYMENTS", value),
    apply: applyPayments(database, outbox, relay.wake),
  });
  return assemble(base, {
    title: "Wallet",
    description: "Accounts, bets and balances of a tenant",
    prepare: codec.prepare,
    routes(api) {
      accountRoutes(api, repository);
      betRoutes(api, repository);
    },
    parts: [
      { name: "relay", start: relay.start, stop: relay.stop },
      { name: "pruning", stop: pruneHourly(database, base.logger, remembered) },
      { name: "balances", start: balances.start, stop: balances.stop },
    ],
  });
}
