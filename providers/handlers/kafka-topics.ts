import "./host/orphan-watch.ts";
import { UserError } from "@plinth/local/user-error.ts";
import type { Admin } from "kafkajs";
import { withKafkaAdmin } from "../clients/kafka/admin.ts";
import {
  addPartitions,
  createTopics,
  type ExistingTopic,
  findSettings,
  type KafkaTopic,
  listTopics,
  replaceSettings,
  waitForTopics,
} from "../clients/kafka/topics.ts";
import type { Handler } from "../dynamic-resource.ts";
import type { KafkaTopicsInputs as Inputs, KafkaTopicsOutputs as Outputs } from "../kafka-topics.ts";
import { hasChanged, isUnknown, toCheckFailures } from "./host/inputs.ts";

type Topics = Record<string, KafkaTopic>;

/** Topics of one cluster. `deadlineMs`: how long a broker that does not answer is waited for. */
export function createKafkaTopicsHandler({ deadlineMs = 30_000 } = {}): Handler<Inputs, Outputs> {
  const apply = (olds: Topics, news: Inputs) =>
    withKafkaAdmin(news, deadlineMs, (admin) => reconcileTopics(admin, olds, news));
  return {
    async check(olds, news) {
      return {
        inputs: news,
        failures: toCheckFailures(isUnknown(news.topics) ? [] : findInputErrors(olds.topics, news.topics)),
      };
    },
    async diff(_id, olds, news) {
      const keys = ["brokers", "cluster", "topics", "onDelete", "providerVersion"] as const;
      return { changes: hasChanged(olds, news, keys) };
    },
    async create(inputs) {
      return { id: "topics", outs: { ...inputs, observed: await apply({}, inputs) } };
    },
    async update(_id, olds, news) {
      return { outs: { ...news, observed: await apply(olds.topics, news) } };
    },
    async read(id, props) {
      const { topics, observed } = await withKafkaAdmin(props, deadlineMs, (admin) => readTopics(admin, props.topics));
      const gone = Object.keys(topics).length === 0 && Object.keys(props.topics).length > 0;
      const { observed: _, ...inputs } = props;
      return { id: gone ? "" : id, props: { ...props, topics, observed }, inputs: { ...inputs, topics } };
    },
    async delete(_id, props) {
      if (props.onDelete !== "delete") return;
      await withKafkaAdmin(props, deadlineMs, (admin) => deleteTopics(admin, Object.keys(props.topics)));
    },
  };
}

export const handler = createKafkaTopicsHandler();

function findInputErrors(olds: Topics | undefined, news: Topics): string[] {
  return Object.entries(news).flatMap(([name, topic]) => {
    const old = isUnknown(olds) ? undefined : olds?.[name];
    return [...findTopicErrors(name, topic), ...(old ? findUnsupportedChanges(name, old, topic) : [])];
  });
}

function findTopicErrors(name: string, { partitions, replicationFactor = 1, config = {} }: KafkaTopic): string[] {
  const reasons: string[] = [];
  if (!/^[A-Za-z0-9._-]{1,249}$/.test(name) || name === "." || name === "..") {
    reasons.push(`'${name}' is not a Kafka topic name: 1 to 249 of A-Z a-z 0-9 . _ -, and neither '.' nor '..'`);
  }
  for (const [what, count] of Object.entries({ partitions, replicationFactor })) {
    if (!Number.isInteger(count) || count < 1)
      reasons.push(`topic ${name}: ${what} is ${count}, but a whole number of at least 1 is needed`);
  }
  for (const [key, value] of Object.entries(config)) {
    if (typeof value !== "string")
      reasons.push(`topic ${name}: config ${key} is ${value}, but a text is needed, as in "${value}"`);
  }
  return reasons;
}

/** What the broker would refuse, or what this provider does not do to a topic that has records. */
function findUnsupportedChanges(
  name: string,
  from: { partitions: number; replicationFactor?: number },
  to: KafkaTopic,
): string[] {
  const [copies, wanted] = [from.replicationFactor ?? 1, to.replicationFactor ?? 1];
  return [
    ...(to.partitions < from.partitions ? [shrinkMessage(name, from.partitions, to.partitions)] : []),
    ...(wanted !== copies ? [replicationMessage(name, copies, wanted)] : []),
  ];
}

const shrinkMessage = (name: string, from: number, to: number) =>
  `topic ${name} has ${from} partitions and cannot shrink to ${to}, because keys would move: ask for ${from} or more`;

const replicationMessage = (name: string, from: number, to: number) =>
  `topic ${name} has replicationFactor ${from} and ${to} is asked for: move its replicas with kafka-reassign-partitions.sh, then change it here`;

/**
 * Brings the broker to `news`: looks first, refuses before it writes, and asks for nothing that is
 * there. Returns partitions by topic.
 */
async function reconcileTopics(admin: Admin, olds: Topics, news: Inputs): Promise<Record<string, number>> {
  const found = await listTopics(admin);
  rejectUnsupportedChanges(found, news.topics);
  const existing = Object.entries(news.topics).filter(([name]) => found.has(name));
  await createTopics(admin, Object.fromEntries(Object.entries(news.topics).filter(([name]) => !found.has(name))));
  const small = existing.filter(([name, { partitions }]) => partitions > found.get(name)!.partitions);
  await addPartitions(
    admin,
    small.map(([name, { partitions }]) => [name, partitions]),
  );
  await updateSettings(admin, olds, Object.fromEntries(existing));
  if (news.onDelete === "delete")
    await deleteTopics(
      admin,
      Object.keys(olds).filter((name) => !(name in news.topics)),
    );
  return waitForTopics(admin, news.topics);
}

function rejectUnsupportedChanges(found: Map<string, ExistingTopic>, wanted: Topics): void {
  for (const [name, topic] of Object.entries(wanted)) {
    const there = found.get(name);
    const [reason] = there ? findUnsupportedChanges(name, there, topic) : [];
    if (reason !== undefined) throw new UserError(reason);
  }
}

/**
 * Settings of topics that exist already. Only names that are or were declared are touched: the
 * broker's request replaces all settings of a topic, so those that someone else made are read and
 * sent along.
 */
async function updateSettings(admin: Admin, olds: Topics, wanted: Topics): Promise<void> {
  const managed = Object.entries(wanted)
    .map(([name, { config = {} }]) => ({
      name,
      config,
      names: [...new Set([...Object.keys(config), ...Object.keys(olds[name]?.config ?? {})])],
    }))
    .filter(({ names }) => names.length > 0);
  const current = await findSettings(admin, Object.fromEntries(managed.map(({ name, names }) => [name, names])));
  const differing = managed.filter(({ name, config, names }) =>
    names.some((key) => !isSameSetting(current.get(name)?.[key], config[key])),
  );
  const all = await findSettings(admin, Object.fromEntries(differing.map(({ name }) => [name, undefined])));
  const merged = differing.map(({ name, config, names }): [string, Record<string, string>] => {
    const others = Object.entries(all.get(name) ?? {}).filter(([key]) => !names.includes(key));
    return [name, { ...Object.fromEntries(others), ...config }];
  });
  await replaceSettings(admin, merged);
}

async function deleteTopics(admin: Admin, names: string[]): Promise<void> {
  const found = await listTopics(admin);
  const topics = names.filter((name) => found.has(name));
  if (topics.length > 0) await admin.deleteTopics({ topics, timeout: 20_000 });
}

/**
 * What is really there, in the shape of the inputs, so that the engine's comparison shows each
 * drift by its topic.
 */
async function readTopics(
  admin: Admin,
  declared: Topics,
): Promise<{ topics: Topics; observed: Record<string, number> }> {
  const found = await listTopics(admin);
  const names = Object.keys(declared).filter((name) => found.has(name));
  const configured = names.filter((name) => Object.keys(declared[name]!.config ?? {}).length > 0);
  const settings = await findSettings(
    admin,
    Object.fromEntries(configured.map((name) => [name, Object.keys(declared[name]!.config!)])),
  );
  const topics = names.map((name): [string, KafkaTopic] => {
    const { config, ...rest } = declared[name]!;
    const { partitions, replicationFactor } = found.get(name)!;
    const copies = replicationFactor === (rest.replicationFactor ?? 1) ? {} : { replicationFactor };
    const real = config && { config: keepDeclaredSpelling(config, settings.get(name) ?? {}) };
    return [name, { ...rest, partitions, ...copies, ...real }];
  });
  return {
    topics: Object.fromEntries(topics),
    observed: Object.fromEntries(names.map((name) => [name, found.get(name)!.partitions])),
  };
}

/**
 * The broker's values, but in the words of the declaration where they mean the same ("0.50" comes
 * back as "0.5").
 */
function keepDeclaredSpelling(declared: Record<string, string>, real: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(declared).flatMap(([key, value]) => {
      const there = real[key];
      return there === undefined ? [] : [[key, isSameSetting(there, value) ? value : there]];
    }),
  );
}

function isSameSetting(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const numeric = a.trim() !== "" && b.trim() !== "" && Number(a) === Number(b);
  return numeric || a.replace(/\s+/g, "").toLowerCase() === b.replace(/\s+/g, "").toLowerCase();
}
