import { isPortFree } from "@plinth/local/supervisor/system/ports.ts";

/** Ports of the local stack without an offset. */
const PORTS = {
  postgres: 5432,
  redis: 6379,
  highload: 8080,
  registry: 8081,
  wallet: 8082,
  kafka: 19_092,
  controller: 19_093,
  page: 7700,
  loki: 3100,
  otlp: 4318,
  logs: 9428,
  metrics: 9090,
  alerts: 8880,
};

export type StackPorts = typeof PORTS;

export function portsAt(offset: number): StackPorts {
  return Object.fromEntries(Object.entries(PORTS).map(([name, port]) => [name, port + offset])) as StackPorts;
}

/**
 * An offset at which every port is free, outside of the system's range for outgoing connections.
 */
export async function freeOffset(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const offset = 100 + Math.floor(Math.random() * 12_000);
    const free = await Promise.all(Object.values(portsAt(offset)).map(isPortFree));
    if (free.every(Boolean)) return offset;
  }
  throw new Error("Found no port offset in 100 attempts where all ports are free");
}
