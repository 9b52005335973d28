import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { createLogger } from "@plinth/kit/core/logger.ts";
import { addHealthService } from "@plinth/kit/grpc/health.ts";
import { createGrpcServer } from "@plinth/kit/grpc/server.ts";
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "@plinth/kit/proto/generated/grpc/health/v1/health_pb.ts";
import { createMetrics } from "@plinth/kit/telemetry/metrics.ts";

/**
 * One method served by the kit, by connect alone, or by @grpc/grpc-js. Prints its port, then its
 * CPU time after each line of input.
 */
const servers: Record<string, () => Promise<number>> = {
  async kit() {
    const metrics = createMetrics("bench", "1");
    const logger = createLogger({ service: "bench", version: "1", level: "silent" });
    const server = createGrpcServer({
      logger,
      metrics,
      routes: (router) => addHealthService(router, async () => ({ status: "ready", checks: {} })),
    });
    return server.listen({ host: "127.0.0.1", port: 0 });
  },
  async connect() {
    const server = createServer(
      connectNodeAdapter({
        routes: (router) => void router.service(Health, { check: () => ({ status: Status.SERVING }) }),
      }),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  },
  async "grpc-js"() {
    const server = new Server();
    const method = {
      path: "/grpc.health.v1.Health/Check",
      requestStream: false,
      responseStream: false,
      requestSerialize: (value: Uint8Array) => Buffer.from(value),
      requestDeserialize: (bytes: Buffer) => fromBinary(HealthCheckRequestSchema, bytes),
      responseSerialize: (status: Status) =>
        Buffer.from(toBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { status }))),
      responseDeserialize: (bytes: Buffer) => bytes,
    };
    server.addService(
      { check: method },
      { check: (_call: unknown, done: (error: null, value: Status) => void) => done(null, Status.SERVING) },
    );
    return new Promise((resolve, reject) =>
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      ),
    );
  },
};

console.log(await servers[process.argv[2] ?? ""]?.());
process.stdin.on("data", () => {
  const { user, system } = process.cpuUsage();
  console.log(user + system);
});
