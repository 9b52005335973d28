import type { Connection } from "@platformatic/kafka";
import { errorReason } from "../clients/errors.ts";
import { withBrokerConnection } from "../clients/kafka/connection.ts";
import { alterQuotas, expandQuotas, groupQuotas, listQuotas } from "../clients/kafka/quotas.ts";
import type { Handler } from "../dynamic-resource.ts";
import { countIds, parseTenantIds } from "../tenancy/ids.ts";
import type { TenantQuotasInputs as Inputs, TenantQuotasOutputs as Outputs } from "../tenant-quotas.ts";
import { DELETE_TIMEOUT_MS } from "./host/deadlines.ts";
import { hasChanged, hasUnknown, toCheckFailures } from "./host/inputs.ts";
import { endingWithItsServer } from "./host/missing-server.ts";
import { skipIfUnreachable } from "./host/unreachable.ts";

type Quotas = Inputs["quotas"];

/**
 * Creates the handler of the tenants' client quotas.
 *
 * @param options.deadlineMs how long to wait for a broker that does not answer
 */
export function createTenantQuotasHandler({ deadlineMs = 30_000 } = {}): Handler<Inputs, Outputs> {
  const apply = async (olds: Quotas, news: Inputs): Promise<Outputs> => {
    await withBrokerConnection(news, deadlineMs, (connection) => reconcileQuotas(connection, olds, news.quotas));
    return { ...news, tenants: countTenants(news.quotas) };
  };
  return endingWithItsServer({
    async check(_olds, news) {
      return {
        inputs: news,
        failures: toCheckFailures([
          ...findBrokerErrors(news.brokers),
          ...(hasUnknown(news.quotas) ? [] : findQuotaErrors(news.quotas)),
        ]),
      };
    },
    async diff(_id, olds, news) {
      const keys = ["brokers", "cluster", "quotas", "providerVersion"] as const;
      return { changes: hasChanged(olds, news, keys) };
    },
    async create(inputs) {
      return { id: "tenant-quotas", outs: await apply({}, inputs) };
    },
    async update(_id, olds, news) {
      return { outs: await apply(olds.quotas, news) };
    },
    async read(id, props) {
      const { tenants: _, ...inputs } = props;
      const atBroker = await withBrokerConnection(props, deadlineMs, listQuotas);
      const quotas = groupQuotas(
        [...expandQuotas(props.quotas).keys()].flatMap((tenant) =>
          atBroker.has(tenant) ? [[tenant, atBroker.get(tenant)!]] : [],
        ),
      );
      const gone = Object.keys(quotas).length === 0;
      return {
        id: gone ? "" : id,
        props: { ...props, quotas, tenants: countTenants(quotas) },
        inputs: { ...inputs, quotas },
      };
    },
    async delete(_id, props) {
      await skipIfUnreachable(
        () =>
          withBrokerConnection(props, Math.min(deadlineMs, DELETE_TIMEOUT_MS), (connection) =>
            reconcileQuotas(connection, props.quotas, {}),
          ),
        `client quotas (${countTenants(props.quotas)}) stay at the broker`,
      );
    },
  });
}

export const handler = createTenantQuotasHandler();

async function reconcileQuotas(connection: Connection, olds: Quotas, news: Quotas): Promise<void> {
  const lifted = [...expandQuotas(olds).keys()].map((id): [number, undefined] => [id, undefined]);
  await alterQuotas(connection, await listQuotas(connection), new Map([...lifted, ...expandQuotas(news)]));
}

function countTenants(quotas: Quotas): number {
  return countIds(Object.keys(quotas).flatMap((ids) => parseTenantIds(ids)));
}

function findBrokerErrors(brokers: unknown): string[] {
  if (hasUnknown(brokers)) return [];
  const invalid = (brokers as string[]).filter((broker) => !/^[^\s:/]+:\d+$/.test(broker));
  return invalid.slice(0, 1).map((broker) => `'${broker}' is not the address of a broker: host:port is needed`);
}

function findQuotaErrors(quotas: Quotas): string[] {
  const seen = new Set<number>();
  const reasons: string[] = [];
  for (const [ids, limits] of Object.entries(quotas)) {
    for (const [name, value] of Object.entries(limits))
      if (typeof value !== "number" || value <= 0)
        reasons.push(`quota of tenants ${ids}: ${name} is ${value}, but a number above 0 is needed`);
    try {
      for (const id of expandQuotas({ [ids]: limits }).keys()) {
        if (seen.has(id)) reasons.push(`tenant ${id} has two quotas: name it once`);
        seen.add(id);
      }
    } catch (error) {
      reasons.push(errorReason(error));
    }
  }
  return reasons.slice(0, 3);
}
