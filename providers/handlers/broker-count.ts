import type { BrokerCountInputs as Inputs } from "../broker-count.ts";
import type { Handler } from "../dynamic-resource.ts";
import { toCheckFailures } from "./host/inputs.ts";

/** Handles a number in the state: creates and deletes nothing. */
export const handler: Handler<Inputs, Inputs> = {
  async check(olds, news) {
    return { inputs: news, failures: toCheckFailures(findShrinkErrors(olds.brokers, news.brokers)) };
  },
  async diff(_id, olds, news) {
    return { changes: olds.brokers !== news.brokers || olds.providerVersion !== news.providerVersion };
  },
  async create(inputs) {
    return { id: "brokers", outs: inputs };
  },
  async read(id, props) {
    return { id, props };
  },
  async update(_id, _olds, news) {
    return { outs: news };
  },
  async delete() {},
};

function findShrinkErrors(from: number | undefined, to: number): string[] {
  if (from === undefined || to >= from) return [];
  return [
    `${from} brokers cannot become ${to}: the others would take their replicas with them. Leave 'redpanda.brokers' at ${from}, or move to a new cluster`,
  ];
}
