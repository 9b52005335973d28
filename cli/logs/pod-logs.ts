import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiError, ApiServer } from "@plinth/providers/clients/kubernetes/api-server.ts";
import { listPods, type Pod } from "../stack/pods.ts";
import { type LogRecord, parseLogLine } from "./log-record.ts";

/** A container of a pod, and its service. */
interface LogSource {
  service: string;
  pod: string;
  container: string;
}

const DISCOVERY_INTERVAL_MS = 2000;
const HISTORY_TIMEOUT_MS = 30_000;

/** The logs of a stack in a cluster, through its API server. */
export class PodLogs {
  private readonly server: ApiServer;
  private readonly namespace: string;
  /** The followed containers, with the end of a stream that has ended. */
  private readonly endedAt = new Map<string, string | undefined>();

  private constructor(server: ApiServer, namespace: string) {
    this.server = server;
    this.namespace = namespace;
  }

  /** @throws {@link UserError} about the kubeconfig */
  static async connect({ context, namespace }: { context: string; namespace: string }): Promise<PodLogs> {
    return new PodLogs(await ApiServer.forContext(context), namespace);
  }

  async listServices(): Promise<string[]> {
    return [...new Set((await this.listSources()).map(({ service }) => service))].sort();
  }

  /** The last `lines` records of each container, or all since a time. */
  async readHistory(services: string[], since: number | undefined, lines: number): Promise<LogRecord[]> {
    const query = since === undefined ? `tailLines=${lines}` : `sinceTime=${new Date(since).toISOString()}`;
    const sources = (await this.listSources()).filter(({ service }) => services.includes(service));
    const all: LogRecord[] = [];
    const readAll = async (source: LogSource) => {
      for await (const record of this.read(source, query, AbortSignal.timeout(HISTORY_TIMEOUT_MS))) all.push(record);
    };
    await Promise.all(sources.map(readAll));
    return all;
  }

  /** Passes on every added record, also of later pods, until `signal`. */
  async follow(services: string[], onRecord: (record: LogRecord) => void, signal: AbortSignal): Promise<void> {
    const follow = async (source: LogSource, query: string) => {
      try {
        for await (const record of this.read(source, `follow=true&${query}`, signal)) onRecord(record);
      } catch (error) {
        if (!signal.aborted) console.error(`${source.pod}: ${(error as Error).message}`);
      }
      // A restarted container ends its stream: the next one starts from here.
      this.endedAt.set(sourceKey(source), new Date().toISOString());
    };
    // Existing pods from now on; later pods from their start.
    for (let fresh = "tailLines=0"; !signal.aborted; fresh = "") {
      for (const source of await this.listSources()) {
        const ended = this.endedAt.get(sourceKey(source));
        if (!services.includes(source.service) || (this.endedAt.has(sourceKey(source)) && ended === undefined))
          continue;
        this.endedAt.set(sourceKey(source), undefined);
        void follow(source, ended === undefined ? fresh : `sinceTime=${ended}`);
      }
      await sleep(DISCOVERY_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async *read(
    { service, pod, container }: LogSource,
    query: string,
    signal: AbortSignal,
  ): AsyncGenerator<LogRecord> {
    const path = `/api/v1/namespaces/${this.namespace}/pods/${pod}/log?container=${container}&timestamps=true&${query}`;
    const body = await this.server.stream(path, signal).catch((error: unknown) => {
      // The container has not started yet, or is gone.
      if (error instanceof ApiError) return undefined;
      throw error;
    });
    if (body === undefined) return;
    let last: LogRecord | undefined;
    for await (const line of createInterface({ input: body, crlfDelay: Number.POSITIVE_INFINITY })) {
      const [time = "", text = ""] = splitTimestamp(line);
      const record = parseLogLine(service, text, last);
      last = record.startsRecord ? record : { ...record, time: Date.parse(time) };
      yield last;
    }
  }

  private async listSources(): Promise<LogSource[]> {
    return (await listPods(this.server, this.namespace))
      .filter(({ status }) => status.phase !== "Pending")
      .flatMap(podSources);
  }
}

function podSources({ metadata, spec }: Pod): LogSource[] {
  const service = metadata.labels?.["app.kubernetes.io/name"] ?? metadata.name;
  return spec.containers.map(({ name }) => ({ service, pod: metadata.name, container: name }));
}

function sourceKey({ pod, container }: LogSource): string {
  return `${pod}/${container}`;
}

/** Splits a line into the API server's timestamp and the text. */
function splitTimestamp(line: string): [string, string] {
  const blank = line.indexOf(" ");
  return blank < 0 ? [line, ""] : [line.slice(0, blank), line.slice(blank + 1)];
}
