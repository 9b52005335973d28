import { UserError } from "@plinth/local/user-error.ts";
import type { LocatedService } from "../../components/service/descriptor.ts";

/** Ports of the local stack's servers. */
const PLATFORM_PORTS = new Set([5432, 6379, 8081, 19_092, 19_093]);
/** Added services start here; the platform's services are below. */
const FIRST_SERVICE_PORT = 8100;
const MAX_PORT = 25_535;

/**
 * The requested port, or the first free one.
 *
 * @param name of the service that gets the port
 * @throws {@link UserError} when the requested port is taken, with its owner, or out of range
 */
export function choosePort(services: readonly LocatedService[], name: string, requested: number | undefined): number {
  const holder = (port: number) => services.find((service) => service.port === port && service.name !== name)?.folder;
  if (requested === undefined) {
    for (let port = FIRST_SERVICE_PORT; ; port++)
      if (!PLATFORM_PORTS.has(port) && holder(port) === undefined) return port;
  }
  const other = holder(requested) ?? (PLATFORM_PORTS.has(requested) ? "a server of the platform" : undefined);
  if (other !== undefined) throw new UserError(`Port ${requested} belongs to ${other}: take another one with PORT=…`);
  if (requested < 1 || requested > MAX_PORT)
    throw new UserError(
      `PORT is ${requested}, but must be from 1 to ${MAX_PORT}, to leave room for a stack's port offset`,
    );
  return requested;
}
