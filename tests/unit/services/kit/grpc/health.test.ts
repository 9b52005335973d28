import assert from "node:assert/strict";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "@plinth/kit/proto/generated/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "@plinth/kit/proto/generated/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "@plinth/kit/proto/generated/grpc/reflection/v1alpha/reflection_pb.ts";
import { waitUntil } from "../../../../support/eventually.ts";
import { collect, type EchoServer, SERVICE, startEcho, tenants } from "../../../../support/kit/echo-service.ts";

describe("gRPC server: health and reflection", function () {
  this.timeout(10_000);
  let echo: EchoServer;
  beforeEach(async () => {
    echo = await startEcho({ tenants });
  });
  afterEach(() => echo.server.close());

  describe("health", () => {
    const health = () => createClient(Health, createGrpcTransport({ baseUrl: echo.url }));

    it("reports the lifecycle's readiness for the server and each service, without a tenant (SDG-3)", async () => {
      for (const service of ["", SERVICE]) assert.equal((await health().check({ service })).status, Status.SERVING);
      echo.readiness = { status: "stopping", checks: {} };
      await waitUntil("it is not serving", async () => (await health().check({})).status === Status.NOT_SERVING);
      await assert.rejects(health().check({ service: "plinth.Nobody" }), { code: Code.NotFound });
    });

    it("sends watchers each change until the server stops", async () => {
      const seen: Status[] = [];
      const watching = (async () => {
        for await (const { status } of health().watch({})) seen.push(status);
      })();
      const ended = assert.rejects(watching, { code: Code.Unavailable });
      await waitUntil("the first state", () => seen.length === 1);
      echo.readiness = { status: "not_ready", checks: { database: "down" } };
      await waitUntil("the change", () => seen.length === 2);
      echo.readiness = { status: "ready", checks: {} };
      await waitUntil("the change back", () => seen.length === 3);
      assert.deepEqual(seen, [Status.SERVING, Status.NOT_SERVING, Status.SERVING]);
      await echo.server.close();
      await ended;
    });

    it("reports an unknown service to its watcher", async () => {
      for await (const { status } of health().watch({ service: "plinth.Nobody" })) {
        assert.equal(status, Status.SERVICE_UNKNOWN);
        break;
      }
    });
  });

  describe("reflection", () => {
    for (const [version, service] of [
      ["v1", ServerReflection],
      ["v1alpha", ServerReflectionAlpha],
    ] as const) {
      it(`${version} answers all that a client without contracts asks`, async () => {
        const client = createClient(service, createGrpcTransport({ baseUrl: echo.url }));
        const ask = async function* () {
          yield { messageRequest: { case: "listServices", value: "" } } as const;
          yield { messageRequest: { case: "fileContainingSymbol", value: SERVICE } } as const;
          yield { messageRequest: { case: "fileContainingSymbol", value: `${SERVICE}.Say` } } as const;
          yield { messageRequest: { case: "fileByFilename", value: "grpc/health/v1/health.proto" } } as const;
          yield { messageRequest: { case: "fileContainingSymbol", value: "google.rpc.ErrorInfo" } } as const;
          yield { messageRequest: { case: "fileContainingSymbol", value: "plinth.Nothing" } } as const;
          yield { messageRequest: { case: "allExtensionNumbersOfType", value: "plinth.echo.v1.SayRequest" } } as const;
        };
        const [list, byService, byMethod, byName, details, missing, extensions] = await collect(
          client.serverReflectionInfo(ask()),
          ({ messageResponse }) => messageResponse,
        );
        assert.ok(list?.case === "listServicesResponse");
        assert.deepEqual(
          list.value.service.map(({ name }) => name),
          [
            SERVICE,
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection",
          ],
        );
        assert.ok(byService?.case === "fileDescriptorResponse" && byMethod?.case === "fileDescriptorResponse");
        assert.deepEqual(byMethod.value.fileDescriptorProto, byService.value.fileDescriptorProto);
        const [file] = byService.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
        assert.deepEqual(
          file?.service[0]?.method.map(({ name }) => name),
          ["Say", "Count", "Repeat", "Chat"],
        );
        assert.ok(byName?.case === "fileDescriptorResponse" && details?.case === "fileDescriptorResponse");
        assert.ok(missing?.case === "errorResponse" && missing.value.errorCode === Code.NotFound);
        assert.ok(extensions?.case === "allExtensionNumbersResponse" && extensions.value.extensionNumber.length === 0);
      });
    }
  });
});
