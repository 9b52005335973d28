import type { LocatedService } from "../../components/service/descriptor.ts";

/** Of the local stack's own servers. */
const PLATFORM_PORTS = new Set([5432, 6379, 8081, 19_092, 19_093]);
/** Services that are added begin here; below are those of the platform itself. */
const FIRST_SERVICE_PORT = 8100;
const MAX_PORT = 25_535;

/**
 * The port that was asked for or that the code is bound to, else the first that no service has.
 * @throws when it is taken, naming by whom
 */
export function choosePort(services: readonly LocatedService[], own: string, wanted: number | undefined): number {
  const holder = (port: number) => services.find((service) => service.port === port && service.name !== own)?.folder;
  if (wanted === undefined) {
    for (let port = FIRST_SERVICE_PORT; ; port++)
      if (!PLATFORM_PORTS.has(port) && holder(port) === undefined) return port;
  }
  const other = holder(wanted) ?? (PLATFORM_PORTS.has(wanted) ? "a server of the platform" : undefined);
  if (other !== undefined) throw new Error(`Port ${wanted} belongs to ${other}: take another one with PORT=…`);
  if (wanted < 1 || wanted > MAX_PORT)
    throw new Error(`PORT is ${wanted}, but must be from 1 to ${MAX_PORT}, so that a stack's port offset can be added`);
  return wanted;
}
