import type { ClusterAccess } from "../../clients/kubernetes/access.ts";
import { databaseUrlError } from "../../clients/postgres/database.ts";
import { isUnknown } from "../host/inputs.ts";

interface CitusInputs {
  adminUrl: string;
  cluster?: ClusterAccess | undefined;
  workers: string[];
  port: number;
}

/** Finds mistakes in the inputs that all resources of a Citus cluster share. */
export function findCitusInputErrors({ adminUrl, workers, port }: CitusInputs): string[] {
  const reasons: string[] = [];
  const mistake = isUnknown(adminUrl) ? undefined : databaseUrlError(adminUrl);
  if (mistake !== undefined) reasons.push(mistake.replace("databaseUrl", "adminUrl"));
  if (!isUnknown(port) && !(Number.isInteger(port) && port > 0 && port < 65_536))
    reasons.push(`port is ${port}, but a TCP port is needed, as in 5432`);
  return isUnknown(workers) ? reasons : [...reasons, ...findWorkerErrors(workers)];
}

function findWorkerErrors(workers: string[]): string[] {
  if (workers.length === 0) return ["workers is empty: at least one must hold the shards"];
  const known = workers.filter((host) => !isUnknown(host));
  const twice = known.find((host, index) => known.indexOf(host) !== index);
  return twice === undefined ? [] : [`workers names ${twice} twice: name each node once`];
}
