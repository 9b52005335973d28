import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectRouter } from "@connectrpc/connect";
import { kitError } from "../core/errors.ts";
import type { Readiness } from "../core/lifecycle.ts";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../proto/generated/grpc/health/v1/health_pb.ts";

/** How soon {@link addHealthService}'s watchers hear of a change. */
const POLL_INTERVAL_MS = 500;

/**
 * Serves `grpc.health.v1`: what `/ready` is over HTTP, for the server as a whole and under the name
 * of each of its services.
 *
 * @param readiness of the service, as in `() => lifecycle.readiness()`
 */
export function addHealthService(router: ConnectRouter, readiness: () => Promise<Readiness>): void {
  let looked = Number.NEGATIVE_INFINITY;
  let look: Promise<Readiness> | undefined;
  // One look for all who ask in the same half second: each asks the database and the broker.
  const status = async () => {
    if (!look || performance.now() - looked > POLL_INTERVAL_MS / 2) {
      looked = performance.now();
      look = readiness();
    }
    return (await look).status === "ready" ? Status.SERVING : Status.NOT_SERVING;
  };
  const isKnown = (service: string) =>
    service === "" || router.handlers.some((handler) => handler.service.typeName === service);

  router.service(Health, {
    async check({ service }) {
      if (!isKnown(service)) throw kitError("not_found", `This server has no service ${service}.`);
      return { status: await status() };
    },
    async *watch({ service }, { signal }) {
      let told: Status | undefined;
      while (!signal.aborted) {
        const now = isKnown(service) ? await status() : Status.SERVICE_UNKNOWN;
        if (now !== told) yield { status: now };
        told = now;
        await Promise.allSettled([sleep(POLL_INTERVAL_MS, undefined, { signal, ref: false })]);
      }
    },
  });
}
