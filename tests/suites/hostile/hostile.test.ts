import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { ServiceProcess } from "@plinth/kit/testing/service-process.ts";
import { root } from "@plinth/local/locations.ts";
import { discoverServices } from "../../../components/service/descriptor.ts";
import { type Exploration, exploreApi } from "../../support/api/exploration.ts";
import { sendRequest } from "../../support/api/http.ts";
import { type Document, nameOf, type Operation } from "../../support/api/openapi.ts";
import { residentBytes } from "../../support/resident-memory.ts";
import { platform, TENANT } from "../../support/services/platform.ts";
import { startService } from "../../support/services/service-under-test.ts";
import { type Attack, bodyAttacks, pathAttacks, queryAttacks, validRequest } from "./attacks.ts";
import { parseResponse, sendSlowly } from "./raw-connection.ts";
import { envelopeViolation, responseViolation } from "./response-check.ts";

const MIB = 1024 * 1024;
/** The server's time limit for one request, plus the interval of its checks. */
const CUT_SECONDS = 20;

/**
 * Covers every service on the kit, and every route of its OpenAPI document. What services of the
 * templates answer is tested in tests/suites/templates; adopted code answers as it likes.
 */
for (const descriptor of discoverServices(root).filter(({ standalone }) => !standalone)) {
  describe(`${descriptor.name} under hostile requests`, function () {
    this.timeout(90_000);
    let server: ServiceProcess;
    let exploration: Exploration;
    let writes: Operation[];
    /** The service's error codes, in addition to the kit's. */
    const ownCodes = new Set<string>();

    before(async () => {
      server = await startService(descriptor, await platform());
      const document = (await (await fetch(`${server.baseUrl}${descriptor.openapi}`)).json()) as Document;
      exploration = await exploreApi({ base: server.baseUrl, document }, TENANT);
      writes = exploration.operations.filter(({ body }) => body !== undefined);
      for (const code of codesOf(descriptor.name)) ownCodes.add(code);
    });
    after(() => server.stop());

    async function findViolations(
      attacks: (exploration: Exploration, operation: Operation) => Attack[],
    ): Promise<string[]> {
      const violations: string[] = [];
      for (const operation of exploration.operations) {
        for (const attack of attacks(exploration, operation)) {
          const violation = responseViolation(attack, await sendRequest(server.baseUrl, attack.sent), ownCodes);
          if (violation !== undefined) violations.push(`${nameOf(operation)}, ${violation}`);
        }
      }
      return violations;
    }

    it("refuses malformed bodies with the error envelope (SHOP-7)", async () => {
      assert.deepEqual(await findViolations(bodyAttacks), []);
    });

    it("refuses malformed paths (SHOP-7)", async () => {
      assert.deepEqual(await findViolations(pathAttacks), []);
    });

    it("refuses malformed pages and limits, and fails on no query (SHOP-7)", async () => {
      assert.deepEqual(await findViolations(queryAttacks), []);
    });

    it("refuses unknown routes and methods, and oversized headers", async () => {
      const path = exploration.operations[0]!.path.replaceAll(/\{\w+\}/g, "x");
      const requests: [string, string][] = [
        ["an unknown route", "GET /nowhere/%E0%A4%A HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"],
        ["an unknown method", `BREW ${path} HTTP/1.1\r\nhost: x\r\n\r\n`],
        ["a method without a route", `TRACE ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`],
        ["text that is not HTTP", "hello\r\n\r\n"],
        ["another version", `GET ${path} HTTP/9.9\r\nhost: x\r\n\r\n`],
        ["a header of 64 KiB", `GET ${path} HTTP/1.1\r\nhost: x\r\nx-a: ${"a".repeat(65_536)}\r\n\r\n`],
        ["five thousand headers", `GET ${path} HTTP/1.1\r\nhost: x\r\n${"x-a: b\r\n".repeat(5000)}\r\n`],
        ["two lengths", `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}`],
        [
          "a length and chunks",
          `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
        ],
        ["a negative length", `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n`],
      ];
      const violations: string[] = [];
      for (const [what, request] of requests) {
        const { text } = await sendSlowly(server.baseUrl, [request], 10, 3);
        const { status, text: body } = parseResponse(text);
        const violation =
          status >= 400 && status < 500
            ? envelopeViolation(what, { status, text: body, headers: {} }, ownCodes)
            : `${what}: ${status} ${body}`;
        if (violation !== undefined) violations.push(violation);
      }
      assert.deepEqual(violations, []);
    });

    it("answers 413 to 10 MB at once, closes the connections and bounds its memory", async () => {
      const before = residentBytes(server.pid());
      const body = Buffer.alloc(10 * MIB, 0x20);
      const operation = writes[0]!;
      const sent = validRequest(exploration, operation);
      const head = [
        `POST ${operation.path.replaceAll(/\{\w+\}/g, "x")} HTTP/1.1`,
        "host: x",
        ...sent.headers.map((one) => one.join(": ")),
      ].join("\r\n");
      const announced = [`${head}\r\ncontent-length: ${body.length}\r\n\r\n`, body];
      const chunk = Buffer.concat([Buffer.from("10000\r\n"), body.subarray(0, 65_536), Buffer.from("\r\n")]);
      const chunked = [
        `${head}\r\ntransfer-encoding: chunked\r\n\r\n`,
        ...Array.from({ length: 160 }, () => chunk),
        "0\r\n\r\n",
      ];
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          sendSlowly(server.baseUrl, index % 2 === 0 ? announced : chunked, 1, 15),
        ),
      );
      assert.deepEqual(results.filter(({ closed }) => !closed).length, 0, "a connection was left hanging");
      const answers = results.map(({ text }) => parseResponse(text));
      // A reset can overtake the answer.
      const arrived = answers.filter(({ status }) => status !== 0);
      assert.ok(arrived.length > 0);
      for (const { status, text } of arrived) {
        assert.equal(status, 413);
        assert.equal(JSON.parse(text).error.code, "payload_too_large");
      }
      const grown = (residentBytes(server.pid()) - before) / MIB;
      // All bodies together have 200 MiB.
      assert.ok(grown < 100, `grew by ${grown.toFixed(0)} MiB`);
    });

    it(`disconnects a client that sends headers or body byte by byte within ${CUT_SECONDS} s, and serves others meanwhile`, async () => {
      const operation = writes[0]!;
      const valid = validRequest(exploration, operation);
      const start = `${operation.method} ${valid.path} HTTP/1.1\r\nhost: x\r\n`;
      const headers = valid.headers.map((one) => `${one.join(": ")}\r\n`).join("");
      const slow = Array.from({ length: 40 }, (_, index) => {
        const drops = Array.from({ length: 400 }, () => (index % 2 === 0 ? "x-a: b\r\n" : " "));
        const first = index % 2 === 0 ? start : `${start}${headers}content-length: 1000\r\n\r\n{`;
        return sendSlowly(server.baseUrl, [first, ...drops], 100, CUT_SECONDS + 5);
      });
      let open = slow.length;
      for (const one of slow) void one.then(() => open--);
      const durations: number[] = [];
      while (open > 0) {
        const startedAt = performance.now();
        const { status } = await sendRequest(server.baseUrl, validRequest(exploration, operation));
        durations.push(performance.now() - startedAt);
        assert.ok(status < 500, `a good client got ${status}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const results = await Promise.all(slow);
      const late = results.filter(({ closed, seconds }) => !closed || seconds > CUT_SECONDS);
      assert.deepEqual(
        late.map(({ seconds }) => seconds),
        [],
        "not disconnected in time",
      );
      assert.ok(Math.max(...durations) < 2000, `a good client waited ${Math.max(...durations)} ms`);
      const responses = results.map(({ text }) => parseResponse(text)).filter(({ status }) => status !== 0);
      assert.deepEqual(
        responses.flatMap((one) => envelopeViolation("too slow", { ...one, headers: {} }, ownCodes) ?? []),
        [],
      );
    });

    it("keeps emoji, right-to-left text and unusual letters byte for byte", async () => {
      const texts = [
        "👩‍👩‍👧‍👦🏳️‍🌈 😀",
        "שלום עולם مرحبا",
        "\u202Eabc\u202C \u200F",
        "ﬃ ﷽ ẞ ı İ",
        "e\u0301 é Å Å",
        "𝕏𐍈 \uFFFF \u2028",
        "'; drop table x; -- \\ \" \t\r\n",
      ];
      let kept = 0;
      for (const operation of writes) {
        for (const text of texts) {
          const sent = validRequest(exploration, operation);
          const body = JSON.parse(String(sent.body)) as Record<string, unknown>;
          const free = Object.keys(body).filter((field) => isFree(operation.body?.properties?.[field]));
          for (const field of free) body[field] = text;
          const answered = await sendRequest(server.baseUrl, { ...sent, body: JSON.stringify(body) });
          if (free.length === 0 || answered.status >= 300) continue;
          const answer = JSON.parse(answered.text) as Record<string, unknown>;
          for (const field of free.filter((one) => one in answer)) {
            assert.equal(answer[field], text, `${nameOf(operation)}: ${field}`);
            kept++;
          }
        }
      }
      assert.ok(kept >= texts.length, `only ${kept} texts were accepted`);
    });

    it("logged no failure, and answers as before", async () => {
      const lines = server.lines.filter((line) => line.startsWith("{"));
      // A component logs about its connections, not about these requests.
      const failures = lines
        .map((line) => JSON.parse(line) as { level: string; msg: string; component?: string })
        .filter(({ level, component }) => (level === "error" && component === undefined) || level === "fatal");
      assert.deepEqual(failures, []);
      const operation = writes[0]!;
      assert.equal((await fetch(`${server.baseUrl}${descriptor.probes.ready}`)).status, 200);
      assert.ok((await sendRequest(server.baseUrl, validRequest(exploration, operation))).status < 500);
    });
  });
}

/** True if the schema accepts any text up to 200 characters. */
function isFree(
  schema: { type?: unknown; format?: string; enum?: unknown; maxLength?: number; pattern?: string } = {},
): boolean {
  const { type, format, pattern } = schema;
  return (
    type === "string" &&
    format === undefined &&
    schema.enum === undefined &&
    (pattern === undefined || new RegExp(pattern, "u").test("'; \n😀"))
  );
}

/** The service's error codes: `name: 4xx` in its errors.ts. */
function codesOf(service: string): string[] {
  const source = readFileSync(`${root}/services/${service}/errors.ts`, "utf8");
  return [...source.matchAll(/^\s+(\w+): [45]\d\d,/gm)].map(([, code]) => code!);
}
