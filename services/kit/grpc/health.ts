import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectRouter } from "@connectrpc/connect";
import { kitError } from "../core/errors.ts";
import type { Readiness } from "../core/lifecycle.ts";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../proto/generated/grpc/health/v1/health_pb.ts";

/** Time until watchers see a change. */
const POLL_INTERVAL_MS = 500;

/**
 * Serves `grpc.health.v1`, the counterpart of `/ready` over HTTP, for the whole server and under
 * the name of each of its services.
 *
 * @param readiness of the service, as in `() => lifecycle.readiness()`
 */
export function addHealthService(router: ConnectRouter, readiness: () => Promise<Readiness>): void {
  let checkedAt = Number.NEGATIVE_INFINITY;
  let check: Promise<Readiness> | undefined;
  // Callers within a quarter of a second share one check, which asks the database and the broker.
  const status = async () => {
    if (!check || performance.now() - checkedAt > POLL_INTERVAL_MS / 2) {
      checkedAt = performance.now();
      check = readiness();
    }
    return (await check).status === "ready" ? Status.SERVING : Status.NOT_SERVING;
  };
  const isKnown = (service: string) =>
    service === "" || router.handlers.some((handler) => handler.service.typeName === service);

  router.service(Health, {
    async check({ service }) {
      if (!isKnown(service)) throw kitError("not_found", `This server has no service ${service}.`);
      return { status: await status() };
    },
    async *watch({ service }, { signal }) {
      let lastStatus: Status | undefined;
      while (!signal.aborted) {
        const currentStatus = isKnown(service) ? await status() : Status.SERVICE_UNKNOWN;
        if (currentStatus !== lastStatus) yield { status: currentStatus };
        lastStatus = currentStatus;
        await Promise.allSettled([sleep(POLL_INTERVAL_MS, undefined, { signal, ref: false })]);
      }
    },
  });
}
