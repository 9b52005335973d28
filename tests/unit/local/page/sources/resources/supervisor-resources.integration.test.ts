import assert from "node:assert/strict";
import { SupervisorResources } from "@plinth/local/page/sources/resources/supervisor-resources.ts";
import { SecretMask } from "@plinth/local/page/sources/secrets.ts";
import { apply } from "@plinth/local/supervisor/client.ts";
import { eventually } from "../../../../../support/eventually.ts";
import { shellSpec } from "../../../../../support/supervisor/shell-spec.ts";
import { clearFolders, killSupervisor, supervisorFolder } from "../../../../../support/supervisor/supervisor.ts";

const SECRET = "postgresql://app:pw@localhost:5432/app";
const SCRIPT = 'echo "ready with $DATABASE_URL and key-12345678"; while :; do :; done';

describe("the processes of a stack", () => {
  let directory: string;
  let resources: SupervisorResources;

  before(async () => {
    directory = supervisorFolder();
    const spec = {
      ...shellSpec(directory, SCRIPT),
      environment: { PLAIN: "value", API_KEY: "hidden", URL: "redis://u:pw@localhost", COPY: `at ${SECRET}` },
      secrets: { DATABASE_URL: SECRET, SIGNING: "key-12345678" },
      ports: { http: 0 },
    };
    await apply(directory, "busy", { ...spec, ports: {} });
    const known = [{ name: "busy", kind: "service" as const, uses: ["postgres"] }];
    resources = new SupervisorResources(directory, known, new SecretMask(directory));
  });
  after(clearFolders);

  const list = async () => (await resources.list())[0]!;

  it("show state, what they use of the machine, and no secret (OBS-3)", async () => {
    const { pid, since, memory, cpu: _, ...facts } = await list();
    assert.ok(pid! > 0 && Date.parse(since) <= Date.now() && memory! > 100_000);
    assert.deepEqual(facts, {
      ...{ name: "busy", kind: "service", state: "ready", restarts: 0, endpoints: [], uses: ["postgres"] },
      environment: {
        ...{ API_KEY: "***", COPY: "at ***", DATABASE_URL: "***" },
        ...{ PLAIN: "value", SIGNING: "***", URL: "redis://u:***@localhost" },
      },
      actions: ["stop", "restart"],
    });
    const cpu = await eventually("its share of a core is known", async () => (await list()).cpu);
    assert.ok(cpu > 0.02 && cpu < 1.5, String(cpu));
  });

  it("show their console without secrets, and what is added to it", async () => {
    assert.equal(await resources.console("busy", 1000), "ready with *** and ***\n");
    const stop = new AbortController();
    for await (const text of resources.followConsole("busy", 1000, stop.signal)) {
      assert.equal(text, "ready with *** and ***\n");
      stop.abort();
    }
    await assert.rejects(resources.console("../supervisor/id", 10), { status: 404 });
    await assert.rejects(resources.console("none", 10), { status: 404, message: "There is no process 'none'" });
  });

  it("stop, start and restart as a person says (OBS-3)", async () => {
    const first = (await list()).pid;
    await resources.act("busy", "stop");
    const stopped = await list();
    assert.deepEqual([stopped.state, stopped.pid, stopped.actions], ["stopped", undefined, ["start"]]);
    await resources.act("busy", "start");
    const second = (await list()).pid;
    await resources.act("busy", "restart");
    const third = await list();
    assert.equal(new Set([first, second, third.pid]).size, 3);
    assert.equal(third.state, "ready");
    assert.throws(() => resources.act("observability", "stop"), { status: 409, message: /make obs-down/ });
  });

  it("are not shown as none when the supervisor was killed, and are back with the next (OBS-3)", async () => {
    await killSupervisor(directory);
    await assert.rejects(resources.list(), { status: 503, message: /supervisor does not run.*make up/ });
    await resources.act("busy", "start");
    assert.equal((await list()).state, "ready");
  });
});
