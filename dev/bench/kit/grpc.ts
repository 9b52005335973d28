import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { Client, credentials } from "@grpc/grpc-js";
import { HealthCheckRequestSchema } from "@plinth/kit/proto/generated/grpc/health/v1/health_pb.ts";
import { measureInTurns } from "../in-turns.ts";
import type { BenchmarkRow } from "../row.ts";
import { medianAndRange } from "../statistics.ts";

const ROUNDS = 5;
const ROUND_MS = 1500;
const CONCURRENCY = 16;
const REQUEST = toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, {}));

/** CPU time of a unary gRPC call in its server: the kit, connect alone, and @grpc/grpc-js. */
export async function benchmarkGrpc(): Promise<BenchmarkRow[]> {
  const kinds = ["kit", "connect", "grpc-js"];
  const started = await Promise.all(kinds.map(async (kind) => [kind, await startServer(kind)] as const));
  const servers = Object.fromEntries(started);
  try {
    const figures = await measureInTurns(servers, ROUNDS, ({ child, port }) => measureRound(child, port));
    const format = (kind: string) => medianAndRange(figures[kind]!, (value) => `${value.toFixed(0)} µs`);
    return [
      {
        what: "gRPC: CPU a unary call in its server, median of 5",
        goal: "≤ 1.5× @grpc/grpc-js",
        measured: format("kit"),
        baseline: `${format("grpc-js")} @grpc/grpc-js, ${format("connect")} connect alone`,
      },
    ];
  } finally {
    for (const { child } of Object.values(servers)) child.kill();
  }
}

async function startServer(kind: string): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "grpc-server.ts"), kind], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  return { child, port: await readNumber(child) };
}

/** CPU microseconds of the server for each call of a round. */
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
