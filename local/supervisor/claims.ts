import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "./atomic-file.ts";

/** Ports by purpose, of every process by name. */
export type PortClaims = Record<string, Record<string, number>>;

/** Which process of a stack may have which port, by the program that was applied last. */
export interface Claims {
  ports: PortClaims;
  /** Part of every port. */
  portOffset: number;
}

const fileOf = (directory: string) => join(directory, "supervisor", "claims.json");

export function writeClaims(directory: string, claims: Claims): void {
  mkdirSync(join(directory, "supervisor"), { recursive: true, mode: 0o700 });
  writeAtomically(fileOf(directory), JSON.stringify(claims));
}

/** Undefined before the first `up`, and for a stack of an earlier version. */
export function readClaims(directory: string): Claims | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(directory), "utf8")) as Claims;
  } catch {
    return undefined;
  }
}

/** Whether the program gives `port` to `taker`, and no longer to `holder`. */
export function isHandedOver(claims: Claims | undefined, port: number, holder: string, taker: string): boolean {
  const has = (name: string) => Object.values(claims?.ports[name] ?? {}).includes(port);
  return has(taker) && !has(holder);
}
