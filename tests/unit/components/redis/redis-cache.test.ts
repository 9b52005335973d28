import assert from "node:assert/strict";
import { secretValue } from "../../../support/program/record.ts";
import { leaks, recordProgram } from "../../../support/program/recorded-program.ts";

describe("a RedisCache with a configured password", () => {
  it("quotes it for the server and encodes it in the address", async () => {
    const dev = await recordProgram("dev", { "plinth:cachePassword": secretValue });
    const inputs = (name: string) => JSON.stringify(dev.only("Secret", name).inputs);
    assert.match(inputs("redis-auth"), /requirepass \\"\[secret\]\\"\\n"/);
    assert.match(inputs("wallet-environment"), /redis:\/\/:%5Bsecret%5D@redis\.dev-infra/);
    assert.deepEqual(leaks(dev, "[secret]"), []);
  });
});
