import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { createLogger } from "@plinth/kit/core/logger.ts";
import { createEventCodec } from "@plinth/kit/kafka/avro.ts";
import { createBus } from "@plinth/kit/kafka/bus.ts";
import { createSchemaRegistryClient } from "@plinth/kit/kafka/schema-registry.ts";
import { createAdmin } from "@plinth/local/kafka/admin.ts";
import { UserError } from "@plinth/local/user-error.ts";
import type { BetEvent } from "@plinth/schemas/generated/index.ts";
import { schemas } from "@plinth/schemas/generated/schemas.ts";
import { requestJson } from "../servers/http-request.ts";

const TENANT = 10_001;
const TIMEOUT_MS = 20_000;

/**
 * Sends one bet through the whole platform: places it over HTTP, reads its event from the broker,
 * decodes that with the registry's schema, and waits until the balance follows from the events.
 *
 * @param variables the environment contract of the stack
 */
export async function smokeWallet(base: string, variables: Record<string, string>): Promise<void> {
  const { KAFKA_BROKERS = "", SCHEMA_REGISTRY_URL = "", TOPIC_V1_BETS = "V1_BETS" } = variables;

  const account = await request(base, "/accounts", { currency: "EUR" });
  console.log(`account   ${account.account_id}`);
  const path = `/accounts/${account.account_id}`;
  const deposit = await request(base, `${path}/deposits`, { amount_cents: 10_000 });
  console.log(`deposit   ${deposit.amount_cents} cents, ${deposit.available_cents} available`);
  const events = await followTopic(KAFKA_BROKERS.split(","), SCHEMA_REGISTRY_URL, TOPIC_V1_BETS);
  try {
    const bet = await request(base, "/bets", { account_id: account.account_id, amount_cents: 250, selection: "home" });
    console.log(`bet       ${bet.bet_id}, ${bet.amount_cents} cents on ${bet.selection}`);
    const { key, headers, event } = await events.find(String(bet.bet_id));
    console.log(
      `event     ${TOPIC_V1_BETS} key=${key} ${Object.entries(headers)
        .map(([name, value]) => `${name}=${value}`)
        .join(" ")}`,
    );
    console.log(JSON.stringify(event, null, 2).replace(/^/gm, "          "));
    const balance = await waitForBalance(base, `${path}/balance`, 9750);
    console.log(`balance   ${balance.balance_cents} cents after ${balance.sequence} events`);
  } finally {
    await events.close();
  }
}

type Answer = Record<string, string | number>;

async function request(base: string, path: string, body?: object): Promise<Answer> {
  const url = `${base.replace(/\/$/, "")}/api/v1${path}`;
  const headers = { "x-tenant-id": String(TENANT) };
  return (await requestJson<Answer>(body === undefined ? "GET" : "POST", url, { headers, body })).body;
}

async function waitForBalance(base: string, path: string, cents: number): Promise<Answer> {
  for (const deadline = Date.now() + TIMEOUT_MS; ; await sleep(50)) {
    const balance = await request(base, path);
    if (balance.balance_cents === cents) return balance;
    if (Date.now() > deadline)
      throw new UserError(
        `The balance is ${balance.balance_cents} cents after ${TIMEOUT_MS / 1000} s; the events make it ${cents}`,
      );
  }
}

interface ReceivedEvent {
  key: string;
  headers: Record<string, string>;
  event: BetEvent;
}

/** Reads the records that are added to a topic from now on. */
async function followTopic(brokers: string[], registryUrl: string, topic: string) {
  const bus = createBus("smoke", brokers, createLogger({ service: "smoke", version: "", level: "silent" }));
  const codec = createEventCodec<{ V1_BETS: BetEvent }>(createSchemaRegistryClient(registryUrl), {
    V1_BETS: schemas.V1_BETS,
  });
  const admin = createAdmin(bus.client);
  const consumer = bus.client.consumer({
    groupId: `smoke-${randomUUID()}`,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
  });
  const received: ReceivedEvent[] = [];
  let decodeError: Error | undefined;
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  await consumer.connect();
  await consumer.subscribe({ topics: [topic] });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message }) => {
      try {
        const headers = Object.fromEntries(
          Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
        );
        received.push({ key: String(message.key), headers, event: await codec.decode("V1_BETS", message.value) });
      } catch (error) {
        decodeError = error as Error;
      }
    },
  });
  // Seeking to where the topic ended before the bet, because the group may form after it.
  for (const { partition, offset } of ends) consumer.seek({ topic, partition, offset });
  return {
    async find(key: string): Promise<ReceivedEvent> {
      for (const deadline = Date.now() + TIMEOUT_MS; ; await sleep(20)) {
        const found = received.find((one) => one.key === key);
        if (found) return found;
        if (Date.now() > deadline)
          throw decodeError ?? new UserError(`No event of bet ${key} reached ${topic} within ${TIMEOUT_MS / 1000} s`);
      }
    },
    async close() {
      await consumer.disconnect();
      await bus.close();
    },
  };
}
