import { Agent, request } from "node:http";
import pMap from "p-map";
import { readProcessMemory } from "../../../cli/stack/process-memory.ts";
import { registry, stopServers } from "../../../tests/support/servers/servers.ts";
import type { BenchmarkRow } from "../row.ts";
import { formatSeconds, measureTime, medianAndRange } from "../statistics.ts";

const SUBJECTS = 1000;
const CLIENT_COUNT = 16;
const RUNS = 3;

/** Registers new subjects at a fresh registry, from clients that keep their connections. */
export async function benchmarkRegistry(): Promise<BenchmarkRow[]> {
  try {
    const server = await registry();
    const times: number[] = [];
    let resident = 0;
    for (let run = 0; run < RUNS; run++) {
      times.push((await measureTime(() => registerSubjects(server.url, run))).ms);
      resident ||= readProcessMemory(server.pid()).resident;
    }
    return [
      {
        what: `registry: ${SUBJECTS.toLocaleString("en")} new subjects, ${CLIENT_COUNT} clients`,
        goal: "≤ 2 s",
        measured: medianAndRange(times, formatSeconds),
        baseline: "Karapace 5.0.3: 5.4 s, measured elsewhere",
      },
      {
        what: `registry: resident memory after ${SUBJECTS.toLocaleString("en")} subjects`,
        goal: "≤ 90 MB",
        measured: `${resident.toFixed(0)} MiB`,
        baseline: "Karapace 5.0.3: 126 MB, measured elsewhere",
      },
    ];
  } finally {
    await stopServers();
  }
}

async function registerSubjects(url: string, run: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENT_COUNT });
  const fields = [
    { name: "id", type: "string" },
    { name: "tenant_id", type: "long" },
    { name: "amount_cents", type: "long" },
  ];
  const register = (index: number) => {
    const schema = JSON.stringify({ type: "record", name: `Bench_${run}_${index}`, namespace: "plinth.bench", fields });
    return post(agent, `${url}/subjects/BENCH_${run}_${index}-value/versions`, JSON.stringify({ schema }));
  };
  await pMap(Array.from({ length: SUBJECTS }).keys(), register, { concurrency: CLIENT_COUNT });
  agent.destroy();
}

function post(agent: Agent, url: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/vnd.schemaregistry.v1+json" };
    const sent = request(url, { method: "POST", agent, headers }, (response) => {
      response.resume();
      response.once("end", () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`${url} answered ${response.statusCode}`)),
      );
    });
    sent.once("error", reject);
    sent.end(body);
  });
}
