import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitUntil } from "../../support/eventually.ts";
import { buildTemplate } from "./builds.ts";
import { metric } from "./events.ts";
import { tenant } from "./http-contract.ts";
import { canRunLanguage } from "./languages.ts";
import { type RunningService, startService, waitUntilHealthy } from "./running-service.ts";

describe("a route of the php template that fails as no exception does (SDG-7)", () => {
  let folder: string;
  let service: RunningService;
  before(async function () {
    if (!(await canRunLanguage("php"))) this.skip();
    const built = await buildTemplate("php");
    folder = mkdtempSync(join(tmpdir(), "plinth-php-"));
    cpSync(built.folder, folder, { recursive: true });
    const file = join(folder, "src", "App.php");
    const greedy = "if ($request->method === 'GET') for ($all = [];;) $all[] = str_repeat('x', 1 << 20);";
    const careless = "echo $undefined;";
    const code = readFileSync(file, "utf8");
    const broken = `if ($request->path === '/api/v1/notices') { ${greedy} ${careless} }\n$handler();`;
    writeFileSync(file, code.replace("$handler();", broken));
    service = await waitUntilHealthy(await startService({ ...built, folder }, {}));
  });
  after(async () => {
    service?.signal("SIGTERM");
    await service?.ended;
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  const lines = () =>
    service.out
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  it("answers in the envelope, is counted and logged under its id when memory runs out", async () => {
    const { status, body } = await service.call("GET", "/api/v1/notices", { headers: tenant });
    assert.deepEqual([status, body.error.code], [500, "internal"]);
    const id = body.error.correlation_id;
    const found = () => lines().find((line) => line.correlation_id === id && line.level === "error");
    await waitUntil("the line of the failure", () => found() !== undefined);
    assert.match(String(found()?.error), /^Allowed memory size/);
    const labels = { method: "GET", route: "/api/v1/notices", status: "500" };
    assert.equal(await metric(service, "http_requests_total", labels), 1);
  });

  it("shows a warning of PHP in the log, and nothing of it to the caller", async () => {
    const body = JSON.stringify({ type: "DISK_FULL", text: "x" });
    const { status, text } = await service.call("POST", "/api/v1/notices", { headers: tenant, body });
    assert.equal(status, 201);
    assert.match(text, /^\{"id":/);
    await waitUntil("the line of the warning", () =>
      lines().some(({ level, msg }) => level === "warn" && msg === "Undefined variable $undefined"),
    );
  });
});
