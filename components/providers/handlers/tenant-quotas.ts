import "./orphan-watch.ts";
import { isDeepStrictEqual } from "node:util";
import type { Connection } from "@platformatic/kafka";
import type { Handler } from "../dynamic.ts";
import { countIds, parseTenantIds } from "../tenant-ids.ts";
import type { TenantQuotasInputs as Inputs, TenantQuotasOutputs as Outputs } from "../tenant-quotas.ts";
import { failures, hasUnknown, reasonOf } from "./faults.ts";
import { withBroker } from "./kafka-connection.ts";
import { alterQuotas, findQuotas, quotasById, quotasByIds } from "./kafka-quotas.ts";
import { unlessUnreachable } from "./unreachable.ts";

/** A destroyed stack's broker may be gone already. */
const LEAVE_MS = 5_000;

type Quotas = Inputs["quotas"];

/** Client quotas of tenants. `deadlineMs`: how long a broker that does not answer is waited for. */
export function tenantQuotas({ deadlineMs = 30_000 } = {}): Handler<Inputs, Outputs> {
  const apply = async (olds: Quotas, news: Inputs): Promise<Outputs> => {
    await withBroker(news, deadlineMs, (connection) => converge(connection, olds, news.quotas));
    return { ...news, tenants: count(news.quotas) };
  };
  return {
    async check(_olds, news) {
      return {
        inputs: news,
        failures: failures([...brokerMistakes(news.brokers), ...(hasUnknown(news.quotas) ? [] : mistakes(news.quotas))]),
      };
    },
    async diff(_id, olds, news) {
      const keys = ["brokers", "cluster", "quotas", "providerVersion"] as const;
      return { changes: keys.some((key) => !isDeepStrictEqual(olds[key], news[key])) };
    },
    async create(inputs) {
      return { id: "tenant-quotas", outs: await apply({}, inputs) };
    },
    async update(_id, olds, news) {
      return { outs: await apply(olds.quotas, news) };
    },
    async read(id, props) {
      const { tenants: _, ...inputs } = props;
      const found = await withBroker(props, deadlineMs, findQuotas);
      const quotas = quotasByIds(
        [...quotasById(props.quotas).keys()].flatMap((tenant) => (found.has(tenant) ? [[tenant, found.get(tenant)!]] : [])),
      );
      const gone = Object.keys(quotas).length === 0;
      return { id: gone ? "" : id, props: { ...props, quotas, tenants: count(quotas) }, inputs: { ...inputs, quotas } };
    },
    async delete(_id, props) {
      await unlessUnreachable(
        () => withBroker(props, Math.min(deadlineMs, LEAVE_MS), (connection) => converge(connection, props.quotas, {})),
        `client quotas (${count(props.quotas)}) stay at the broker`,
      );
    },
  };
}

export const handler = tenantQuotas();

async function converge(connection: Connection, olds: Quotas, news: Quotas): Promise<void> {
  const lifted = [...quotasById(olds).keys()].map((id): [number, undefined] => [id, undefined]);
  await alterQuotas(connection, await findQuotas(connection), new Map([...lifted, ...quotasById(news)]));
}

function count(quotas: Quotas): number {
  return countIds(Object.keys(quotas).flatMap((ids) => parseTenantIds(ids)));
}

function brokerMistakes(brokers: unknown): string[] {
  if (hasUnknown(brokers)) return [];
  const wrong = (brokers as string[]).filter((broker) => !/^[^\s:/]+:\d+$/.test(broker));
  return wrong.slice(0, 1).map((broker) => `'${broker}' is no address of a broker: host:port is needed`);
}

function mistakes(quotas: Quotas): string[] {
  const seen = new Set<number>();
  const reasons: string[] = [];
  for (const [ids, limits] of Object.entries(quotas)) {
    for (const [name, value] of Object.entries(limits))
      if (typeof value !== "number" || value <= 0)
        reasons.push(`quota of tenants ${ids}: ${name} is ${value}, but a number above 0 is needed`);
    try {
      for (const id of quotasById({ [ids]: limits }).keys()) {
        if (seen.has(id)) reasons.push(`tenant ${id} has two quotas: name it once`);
        seen.add(id);
      }
    } catch (error) {
      reasons.push(reasonOf(error));
    }
  }
  return reasons.slice(0, 3);
}
