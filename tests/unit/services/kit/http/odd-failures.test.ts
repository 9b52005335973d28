import assert from "node:assert/strict";
import { kitError } from "@plinth/kit/core/errors.ts";
import { createLogger } from "@plinth/kit/core/logger.ts";
import type { HttpServer } from "@plinth/kit/http/fastify.ts";
import { createHttpServer } from "@plinth/kit/http/server.ts";
import { createMetrics } from "@plinth/kit/telemetry/metrics.ts";
import fastify from "fastify";
import * as Type from "typebox";
import { oddValues } from "../../../../support/odd-values.ts";

describe("HTTP server whose code fails", () => {
  let http: HttpServer;
  let lines: { msg: string; level: string; status?: number }[];
  let thrown: unknown;

  before(async () => {
    lines = [];
    const write = (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]);
    http = await createHttpServer({
      title: "Test",
      description: "",
      version: "1",
      logger: createLogger({ service: "test", version: "1", level: "info" }, { write }),
      metrics: createMetrics("test", "1"),
    });
    http.get("/rejects", () => Promise.reject(thrown));
    http.get("/throws", () => {
      throw thrown;
    });
    http.get("/later", async () => {
      await new Promise(setImmediate);
      throw thrown;
    });
    http.get("/hook", { preHandler: () => Promise.reject(thrown) }, () => "x");
    http.get("/callback", { preHandler: (_request, _reply, done) => done(thrown as Error) }, () => "x");
    http.get("/serializes", { schema: { response: { 200: Type.Object({ a: Type.String() }) } } }, async () => ({
      get a(): string {
        throw thrown;
      },
    }));
    http.get("/header", async (_request, reply) => void reply.header("location", "/users/\u4f60\n").send("x"));
    http.get("/header-name", async (_request, reply) => void reply.header("n\u00e4me", "x").send("x"));
    http.get("/header-and-error", async (_request, reply) => {
      reply.header("location", "/users/\u4f60");
      throw kitError("conflict", "No.");
    });
    await http.ready();
  });
  after(() => http.close());

  it("answers in its envelope where a header cannot be sent", async () => {
    for (const url of ["/header", "/header-name"]) await failAt(url, url);
    const { statusCode, body } = await http.inject("/header-and-error");
    assert.deepEqual([statusCode, JSON.parse(body).error.code], [409, "conflict"]);
  });

  async function failAt(url: string, what: string): Promise<void> {
    lines.length = 0;
    const { statusCode, body, headers } = await http.inject(url);
    assert.equal(statusCode, 500, `${what}: ${body}`);
    assert.match(String(headers["content-type"]), /^application\/json/);
    const { error } = JSON.parse(body) as { error: { code: string; message: string; correlation_id: string } };
    assert.deepEqual([error.code, error.correlation_id], ["internal", headers["x-correlation-id"]], what);
    assert.equal(error.message, "The service failed; the failure is in its log under this correlation id.");
    assert.deepEqual(
      lines.map(({ level, msg }) => [level, msg]),
      [
        ["error", "request failed"],
        ["info", "request"],
      ],
      what,
    );
  }

  for (const url of ["/rejects", "/throws", "/later", "/hook", "/callback", "/serializes"])
    it(`answers 500 in the envelope and logs it, whatever fails ${url}`, async () => {
      for (const [what, value] of oddValues()) {
        // Nothing means success to a callback, and no failure to a hook.
        if (url === "/callback" && value == null) continue;
        thrown = value;
        await failAt(url, what);
      }
    }).timeout(20_000);

  it("answers 500 to errors of others that have a status (SHOP-4)", async () => {
    const other = fastify();
    other.get("/", () => {
      throw Object.assign(new Error("no such row"), { statusCode: 404 });
    });
    const answer = (await other.inject("/")).json<object>();
    const request = Object.assign(new Error("Request failed with status code 404"), {
      isAxiosError: true,
      code: "ERR_BAD_REQUEST",
      status: 404,
      response: { status: 404, data: answer },
    });
    const validation = [{ instancePath: "/x", message: "must be string", params: {}, keyword: "type" }];
    for (const error of [
      request,
      answer,
      Object.assign(new Error("Not Found"), { statusCode: 404, code: "FST_ERR_NOT_FOUND", name: "FastifyError" }),
      Object.assign(new Error("x"), { statusCode: 413, code: "FST_ERR_CTP_BODY_TOO_LARGE" }),
      Object.assign(new Error("body/x must be string"), { validation, validationContext: "body", statusCode: 400 }),
      Object.assign(new SyntaxError("Unexpected token"), { statusCode: 400 }),
      Object.assign(new Error("Unauthorized"), { output: { statusCode: 401 }, isBoom: true, status: 401 }),
    ]) {
      thrown = error;
      await failAt("/rejects", String(error));
      await failAt("/hook", String(error));
    }
  });
});
