import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { Client, credentials } from "@grpc/grpc-js";
import { HealthCheckRequestSchema } from "@plinth/kit/proto/generated/grpc/health/v1/health_pb.ts";
import { type BenchmarkRow, medianAndRange } from "../row.ts";

const ROUNDS = 5;
const ROUND_MS = 1500;
const CONCURRENCY = 16;
const REQUEST = toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, {}));

/**
 * CPU of one unary gRPC call in its server, by the kit, by connect alone and by @grpc/grpc-js;
 * rounds of the three take turns.
 */
export async function benchmarkGrpc(): Promise<BenchmarkRow[]> {
  const figures: Record<string, number[]> = { kit: [], connect: [], "grpc-js": [] };
  const servers = await Promise.all(Object.keys(figures).map(async (kind) => ({ kind, ...(await startServer(kind)) })));
  try {
    // The first round only warms up.
    for (let round = 0; round <= ROUNDS; round++)
      for (const { kind, child, port } of servers) {
        const microseconds = await measureRound(child, port);
        if (round > 0) figures[kind]?.push(microseconds);
      }
  } finally {
    for (const { child } of servers) child.kill();
  }
  const told = (kind: string) => medianAndRange(figures[kind] ?? [], (value) => `${value.toFixed(0)} µs`);
  return [
    {
      what: "gRPC: CPU a unary call in its server, median of 5",
      goal: "≤ 1.5× @grpc/grpc-js",
      measured: told("kit"),
      baseline: `${told("grpc-js")} @grpc/grpc-js, ${told("connect")} connect alone`,
    },
  ];
}

async function startServer(kind: string): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "grpc-server.ts"), kind], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  return { child, port: await readNumber(child) };
}

/** Microseconds of the server's CPU for each call of a round. */
async function measureRound(child: ChildProcess, port: number): Promise<number> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const before = await readCpuTime(child);
  let calls = 0;
  const end = performance.now() + ROUND_MS;
  const work = async () => {
    for (; performance.now() < end; calls++) await callOnce(client);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  const spent = (await readCpuTime(child)) - before;
  client.close();
  return spent / calls;
}

function callOnce(client: Client): Promise<void> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      "/grpc.health.v1.Health/Check",
      (bytes: Uint8Array) => Buffer.from(bytes),
      (bytes: Buffer) => bytes,
      REQUEST,
      (error) => (error ? reject(error) : resolve()),
    );
  });
}

function readCpuTime(child: ChildProcess): Promise<number> {
  child.stdin?.write("\n");
  return readNumber(child);
}

async function readNumber(child: ChildProcess): Promise<number> {
  if (!child.stdout) throw new Error("the server's output is not a pipe");
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return Number(String(line));
}
