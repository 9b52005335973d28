import { setTimeout as sleep } from "node:timers/promises";
import { describeTakenPort, findPortHolder, isPortFree } from "../system/ports.ts";

/** How long a supervised process may take to give a port up. */
const SUPERVISED_TIMEOUT_MS = 15_000;
/** How long another program's outgoing connection may occupy a port. */
const FOREIGN_TIMEOUT_MS = 500;
const CLOSE_TIMEOUT_MS = 2000;

export interface PortOwners {
  /** Whether a process that holds a port is supervised, and so may be about to give it up. */
  isSupervised: (pid: number) => boolean;
  /** An offset at which all ports of the stack are free. */
  suggestOffset: () => Promise<number | undefined>;
}

/**
 * Resolves once every port is free, or `signal` aborts.
 *
 * @param ports by purpose
 * @throws who holds a port
 */
export async function waitForFreePorts(
  name: string,
  ports: Record<string, number>,
  { isSupervised, suggestOffset }: PortOwners,
  signal: AbortSignal,
): Promise<void> {
  const start = Date.now();
  for (const [purpose, port] of Object.entries(ports)) {
    while (!signal.aborted && !(await isPortFree(port))) {
      const holder = findPortHolder(port);
      const timeout = holder && isSupervised(holder.pid) ? SUPERVISED_TIMEOUT_MS : FOREIGN_TIMEOUT_MS;
      if (Date.now() - start > timeout)
        throw new Error(describeTakenPort(name, purpose, port, holder, await suggestOffset()));
      await sleep(50);
    }
  }
}

/** The system may take a moment to close the ports of a process that has ended. */
export async function waitForClosedPorts(ports: readonly number[]): Promise<void> {
  const deadline = Date.now() + CLOSE_TIMEOUT_MS;
  for (const port of ports) {
    while (!(await isPortFree(port)) && Date.now() < deadline && findPortHolder(port) === undefined) await sleep(20);
  }
}
