import assert from "node:assert/strict";
import { parseLoadSettings } from "../../../../cli/load/settings.ts";

describe("settings of a load (HLS-5)", () => {
  const findService = () => Promise.resolve("http://localhost:8080");

  it("default to the stack's service, 10 s and 32 connections", async () => {
    const defaults = { base: "http://localhost:8080", connections: 32, seconds: 10, rate: undefined };
    assert.deepEqual(await parseLoadSettings({}, findService), defaults);
    assert.deepEqual(await parseLoadSettings({ BASE: "", RATE: "100", SECONDS: "5", CONNECTIONS: "2" }, findService), {
      ...defaults,
      rate: 100,
      seconds: 5,
      connections: 2,
    });
  });

  for (const base of ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1/"])
    it(`accept ${base}`, async () =>
      assert.equal((await parseLoadSettings({ BASE: base }, findService)).base, base.replace(/\/$/, "")));

  for (const [environment, words] of [
    [{ BASE: "https://shop.example" }, /shop.example is not this machine: .* add FORCE=1/],
    [{ BASE: "http://127.0.0.1.example:80" }, /is not this machine/],
    [{ BASE: "http://10.0.0.1" }, /is not this machine/],
    [{ BASE: "localhost:8080" }, /must be a URL/],
    [{ SECONDS: "0" }, /SECONDS is 0, but must be a whole number from 1 to 600/],
    [{ SECONDS: "3600" }, /SECONDS/],
    [{ CONNECTIONS: "x" }, /CONNECTIONS is 'x', but must be a whole number from 1 to 1000/],
    [{ RATE: "1.5" }, /RATE is '1\.5', but must be a whole number/],
  ] as const)
    it(`refuse ${JSON.stringify(environment)}`, () =>
      assert.rejects(parseLoadSettings(environment, findService), words));

  it("accept any host with FORCE=1", async () => {
    assert.equal(
      (await parseLoadSettings({ BASE: "https://shop.example", FORCE: "1" }, findService)).base,
      "https://shop.example",
    );
  });
});
