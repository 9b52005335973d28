import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { type NamedResult, runChecks } from "../../../../cli/checklist/check.ts";
import { imageChecks } from "../../../../cli/checklist/image-checks.ts";
import { inspectService } from "../../../../cli/checklist/inspected-service.ts";
import { liveChecks } from "../../../../cli/checklist/live-checks.ts";
import { repositoryChecks } from "../../../../cli/checklist/repository-checks.ts";
import type { ServiceDescriptor } from "../../../../components/service/descriptor-rule.ts";
import { languages, renderTemplate, templateFolder } from "../../../../templates/template.ts";
import { commit, temporaryFolder, writeFiles } from "../../../support/sample-repositories.ts";

const digest = `@sha256:${"a".repeat(64)}`;
const descriptor: ServiceDescriptor = {
  name: "orders",
  description: "Orders",
  port: 8500,
  command: ["node", "server.js"],
  probes: { live: "/health", ready: "/ready" },
  metrics: "/metrics",
  openapi: "/openapi.json",
  needs: [],
  topics: { produces: [], consumes: ["V1_SYSTEM"] },
  tenant: "header",
  migrations: "migrations",
  resources: { production: { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "1", memory: "1Gi" } } },
};
const dockerfile = `ARG NODE=node:24${digest}
FROM \${NODE} AS build
COPY . .
FROM \${NODE}
COPY --from=build /app ./
USER 1000
HEALTHCHECK CMD ["true"]
ENTRYPOINT ["node", "server.js"]
`;
const good: Record<string, string> = {
  Dockerfile: dockerfile,
  ".dockerignore": ".git\n.env*\n",
  "plinth.json": JSON.stringify(descriptor),
  "server.js": 'process.on("SIGTERM", stop);\n',
  "server.test.js": "",
  "README.md": "# Orders\n",
  "migrations/0001_notes.sql": "-- Nothing to see yet.\nselect 1;\n",
};

describe("make checklist (SDG-8)", () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function subject(changes: Record<string, string | undefined> = {}) {
    const files = Object.entries({ ...good, ...changes }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    );
    writeFiles(folder, Object.fromEntries(files));
    commit(folder);
    return inspectService(root, folder);
  }
  const failures = (judged: NamedResult[]) =>
    judged.filter(({ result }) => !Array.isArray(result) || result.length > 0);
  const image = (from: string | RegExp, to: string) => ({ Dockerfile: dockerfile.replace(from, to) });
  const described = (change: Partial<ServiceDescriptor>) => ({
    "plinth.json": JSON.stringify({ ...descriptor, ...change }),
  });

  it("finds nothing to say of a service that has all of it", async () =>
    assert.deepEqual(failures(await runChecks([...imageChecks, ...repositoryChecks], subject())), []));

  const cases: [point: string, changes: Record<string, string | undefined>, sentence: RegExp][] = [
    [
      "the image is built in several stages",
      { Dockerfile: `FROM node:24${digest}\nUSER 1\nHEALTHCHECK CMD x\nCMD ["x"]\n` },
      /Dockerfile: it has one FROM: build in a first stage/,
    ],
    [
      "the image is built in several stages",
      { Dockerfile: undefined },
      /there is no Dockerfile: make add-service PATH=/,
    ],
    ["its bases are pinned", image(digest, ""), /node:24 may be another image tomorrow: write its tag and digest/],
    ["its bases are pinned", image("--from=build", "--from=composer:2"), /composer:2 may be another image/],
    ["it runs without root rights", image("USER 1000\n", ""), /it runs as root: add USER 1000/],
    ["it runs without root rights", image("USER 1000", "USER root"), /USER is root: write USER 1000/],
    [
      "it runs without root rights",
      image("USER 1000", "USER node"),
      /USER is 'node', a name, with which Kubernetes refuses to start it/,
    ],
    ["it has a health check", image(/HEALTHCHECK.*\n/, ""), /it has none: add HEALTHCHECK CMD/],
    ["it has a health check", image(/HEALTHCHECK.*\n/, "HEALTHCHECK NONE\n"), /it has none/],
    [
      "SIGTERM reaches the service",
      image(/ENTRYPOINT.*/, "CMD node server.js"),
      /a shell runs the service and swallows SIGTERM/,
    ],
    [
      "SIGTERM reaches the service",
      image(/ENTRYPOINT.*/, 'CMD ["npm", "start"]'),
      /CMD starts npm, which swallows SIGTERM/,
    ],
    [
      "SIGTERM reaches the service",
      image(/ENTRYPOINT.*/, 'CMD ["sh", "-c", "php -S 0"]'),
      /begin its line with 'exec'/,
    ],
    ["SIGTERM reaches the service", image(/ENTRYPOINT.*/, ""), /it does not say how it starts/],
    ["it holds no secret", image("USER", "ENV DB_PASSWORD=hunter22\nUSER"), /ENV DB_PASSWORD stays in the image/],
    ["it holds no secret", image("COPY . .", "COPY .env ./"), /it copies \.env into the image/],
    [
      "its .dockerignore names what stays out",
      { ".dockerignore": undefined },
      /there is no \.dockerignore: make add-service/,
    ],
    ["its .dockerignore names what stays out", { ".dockerignore": ".git\n" }, /\.dockerignore does not name \.env/],
    [
      "requests do not exceed limits",
      described({
        resources: { production: { requests: { cpu: "2", memory: "2Gi" }, limits: { cpu: "500m", memory: "1Gi" } } },
      }),
      /resources\.production requests 2Gi of memory, but is limited to 1Gi[\s\S]*requests 2 of CPU, but is limited to 500m/,
    ],
    [
      "its topics are the catalogue's",
      described({ topics: { produces: ["V1_BETS"], consumes: [] } }),
      /it produces V1_BETS, which wallet owns/,
    ],
    [
      "its topics are the catalogue's",
      described({ topics: { produces: [], consumes: ["V1_BETS"] } }),
      /it consumes V1_BETS: add 'orders' to that topic's consumers/,
    ],
    ["it drains on SIGTERM", { "server.js": "listen();\n" }, /its code ignores SIGTERM/],
    [
      "its migrations are fit for production",
      { "migrations/0001_notes.sql": "create table notes (id bigint primary key);\n" },
      /migrations\/0001_notes\.sql:1: .*\[tenant-column\]/,
    ],
    [
      "its migrations are fit for production",
      described({ migrations: "sql" }),
      /'migrations' is .*sql, which is not a folder/,
    ],
    [
      "no secret is in the repository",
      { "config.js": `const key = "AKIA${"Q".repeat(16)}";\n` },
      /config\.js:1: a key of AWS: remove it from the history too/,
    ],
    [
      "no secret is in the repository",
      { "config.js": `const url = "postgresql://orders:${"x1y2z3"}@db.example.com/x";\n` },
      /config\.js:1: a password in a URL/,
    ],
    ["no secret is in the repository", { ".env": "A=1\n" }, /\.env:1: a file of an environment/],
    [
      "no secret is in the repository",
      { "id.txt": `-----BEGIN RSA ${"PRIVATE KEY"}-----\n` },
      /id\.txt:1: a private key/,
    ],
    ["it has tests", { "server.test.js": undefined }, /there is none: add some/],
    ["it has a README", { "README.md": undefined }, /there is no README\.md/],
  ];
  for (const [point, changes, sentence] of cases)
    it(`'${point}' fails: ${String(sentence).slice(1, 60)}`, async () => {
      const failed = failures(await runChecks([...imageChecks, ...repositoryChecks], subject(changes)));
      const verdict = failed.find(({ name }) => name === point)?.result;
      assert.ok(Array.isArray(verdict), `only ${failed.map(({ name }) => name)} failed`);
      assert.match(verdict.join("\n"), sentence);
    });

  it("judges nothing of the running service while it does not run, and says so", async () => {
    const judged = await runChecks(liveChecks, subject());
    for (const { result } of judged) assert.match((result as { skipped: string }).skipped, /does not run here/);
  });

  describe("of the running service", () => {
    const document = {
      openapi: "3.0.3",
      info: { title: "Orders", version: "1" },
      paths: {
        "/orders/{id}": {
          get: { parameters: [{ name: "id", in: "path" }], responses: { 200: { description: "it" } } },
        },
      },
    };
    type Answers = Record<
      string,
      (request: http.IncomingMessage, response: http.ServerResponse, log: (line: string) => void) => void
    >;
    const healthy: Answers = {
      "/health": (_, response) => response.end("ok"),
      "/ready": (_, response) => response.end("ok"),
      "/metrics": (_, response) => response.end('# HELP up Whether it is up\n# TYPE up gauge\nup{of="orders"} 1\n'),
      "/openapi.json": (_, response) => response.end(JSON.stringify(document)),
      "": ({ headers }, response, log) => {
        log(JSON.stringify({ level: "info", correlation_id: headers["x-correlation-id"] ?? "none" }));
        response.writeHead(/^[1-9]\d*$/.test(String(headers["x-tenant-id"])) ? 200 : 400).end();
      },
    };

    const logging =
      (line: string, status: number): Answers[string] =>
      (_, response, log) => {
        log(line);
        response.writeHead(status).end();
      };

    async function judge(changes: Answers, change: Partial<ServiceDescriptor> = {}) {
      const answers = { ...healthy, ...changes };
      let log = "";
      const server = http.createServer((request, response) => {
        const answer = answers[request.url ?? ""] ?? answers[""]!;
        answer(request, response, (line) => {
          log += `${line}\n`;
        });
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      try {
        const live = { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, log: () => log };
        return failures(await runChecks(liveChecks, { ...subject(described(change)), ...live }));
      } finally {
        server.closeAllConnections();
        server.close();
      }
    }

    it("finds nothing to say of one that answers as it must", async () => assert.deepEqual(await judge({}), []));

    const broken: [point: string, changes: Answers, sentence: RegExp][] = [
      [
        "its probes answer",
        { "/ready": (_, response) => response.writeHead(503).end() },
        /the ready probe \/ready answers 503/,
      ],
      ["its probes answer", { "/health": (_, response) => void response.destroy() }, /it could not be checked: /],
      [
        "a request without its tenant is refused",
        { "": (_, response) => response.end("all of it") },
        /GET \/orders\/\{id\} without X-Tenant-Id answers 200, but must answer 400/,
      ],
      [
        "a request without its tenant is refused",
        { "": ({ headers }, response) => response.writeHead(headers["x-tenant-id"] ? 200 : 400).end() },
        /with X-Tenant-Id: abc answers 200/,
      ],
      [
        "a request without its tenant is refused",
        { "/openapi.json": (_, response) => response.end("{}") },
        /names no route that could be tried/,
      ],
      [
        "its metrics can be read",
        { "/metrics": (_, response) => response.writeHead(404).end() },
        /\/metrics answers 404/,
      ],
      [
        "its metrics can be read",
        { "/metrics": (_, response) => response.end("<html>") },
        /line 1 is not a sample: <html>/,
      ],
      ["its metrics can be read", { "/metrics": (_, response) => response.end("# nothing\n") }, /it has no sample/],
      ["its OpenAPI document is valid", { "/openapi.json": (_, response) => response.end("<html>") }, /is not JSON/],
      [
        "its OpenAPI document is valid",
        { "/openapi.json": (_, response) => response.end('{ "openapi": "2.0", "paths": {} }') },
        /'openapi' is "2\.0"[\s\S]*'info' needs a title[\s\S]*'paths' names no route/,
      ],
      [
        "its OpenAPI document is valid",
        {
          "/openapi.json": (_, response) =>
            response.end(JSON.stringify({ ...document, paths: { "/orders/{id}": { get: {} } } })),
        },
        /GET \/orders\/\{id\} names no response[\s\S]*does not describe its parameter id/,
      ],
      [
        "its log is JSON, with the request's correlation id",
        { "": logging("GET /orders", 400) },
        /a line of its log is not a JSON object: GET \/orders/,
      ],
      [
        "its log is JSON, with the request's correlation id",
        { "": logging("{}", 400) },
        /no line of its log has the X-Correlation-Id/,
      ],
    ];
    for (const [point, changes, sentence] of broken)
      it(`'${point}' fails: ${String(sentence).slice(1, 60)}`, async () => {
        const failed = await judge(changes);
        const verdict = failed.find(({ name }) => name === point)?.result;
        assert.ok(Array.isArray(verdict), `only ${failed.map(({ name }) => name)} failed`);
        assert.match(verdict.join("\n"), sentence);
      });

    it("lets a request without a tenant in where there is a default one, but no malformed one", async () => {
      const open: Answers = {
        "": ({ headers }, response, log) => {
          log(JSON.stringify({ id: headers["x-correlation-id"] ?? "" }));
          response.writeHead(headers["x-tenant-id"] === undefined ? 200 : 400).end();
        },
      };
      assert.deepEqual(await judge(open, { tenant: "optional" }), []);
      assert.match(
        JSON.stringify(await judge({ "": logging("{}", 200) }, { tenant: "optional" })),
        /with X-Tenant-Id: abc answers 200/,
      );
    });
  });

  for (const name of ["wallet", "highload"])
    it(`${name} has all that can be read from files`, async () => {
      const judged = await runChecks([...imageChecks, ...repositoryChecks], inspectService(root, name));
      assert.deepEqual(failures(judged), []);
    });

  for (const language of languages)
    it(`so has what add-service makes of the ${language} template`, async () => {
      const source = templateFolder(language);
      writeFiles(folder, Object.fromEntries(renderTemplate(source, { name: "orders", port: 8500 })));
      commit(folder);
      assert.deepEqual(
        failures(await runChecks([...imageChecks, ...repositoryChecks], inspectService(root, folder))),
        [],
      );
    });

  it("says which services there are when there is none of that name", () =>
    assert.throws(
      () => inspectService(root, join(folder, "nothing")),
      /There is no service '.*': the services are .*wallet/,
    ));
});
