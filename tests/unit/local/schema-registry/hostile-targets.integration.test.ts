import assert from "node:assert/strict";
import { startMemoryRegistry } from "../../../support/servers/memory-registry.ts";

type Registry = Awaited<ReturnType<typeof startMemoryRegistry>>;

describe("schema registry: targets that name something else than they seem to", () => {
  let registry: Registry;
  const globals = async () => [
    (await registry.send("GET", "/config")).body.compatibilityLevel,
    (await registry.send("GET", "/mode")).body.mode,
  ];
  before(async () => {
    registry = await startMemoryRegistry();
    await registry.send("PUT", "/config", { compatibility: "FULL" });
  });
  after(() => registry.stop());

  const changes = ["PUT", "DELETE"].flatMap((method) =>
    ["config", "mode"].flatMap((noun) =>
      [
        ...[`//x/${noun}`, `//${noun}`, `///${noun}`, `/x//${noun}`, `/\\x/${noun}`, `/${noun}/`, `/${noun}//`],
        ...[`/${noun}/%2E`, `/${noun}/.`, `/${noun}/a/..`, `/${noun}/%2e%2e/${noun}`, `/x/../${noun}`, `/${noun}\\.`],
        ...[`/${noun}/%FF`, `/${noun}/%zz`, `/${noun}/%00`, `/${noun}%2F`],
      ].map((target): [string, string] => [method, target]),
    ),
  );
  for (const [method, target] of changes)
    it(`${method} ${target} changes no global setting`, async () => {
      const { status } = await registry.send(method, target, { compatibility: "NONE", mode: "READONLY" });
      assert.ok(status >= 400 && status < 500, `${status}`);
      assert.deepEqual(await globals(), ["FULL", "READWRITE"]);
    });

  it("reads the absolute form as its path, and no path without one", async () => {
    assert.equal((await registry.send("GET", "http://anything:1/config")).body.compatibilityLevel, "FULL");
    for (const target of ["///", "//", "/x/..", "*"])
      assert.ok([400, 404].includes((await registry.send("GET", target)).status), target);
  });

  it("keeps a subject's encoded slashes and dots inside its name", async () => {
    const schema = JSON.stringify("string");
    assert.equal((await registry.send("POST", "/subjects/a%2F..%2Fb/versions", { schema })).status, 200);
    assert.deepEqual((await registry.send("GET", "/subjects/")).body, ["a/../b"]);
    for (const subject of [".", "%2E", "%2e%2E", ".."])
      assert.equal((await registry.send("POST", `/subjects/${subject}/versions`, { schema })).body.error_code, 42208);
  });
});
