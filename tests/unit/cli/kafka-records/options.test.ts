import assert from "node:assert/strict";
import { parseConsumeOptions } from "../../../../cli/kafka-records/options.ts";

describe("the options of make kafka-consume", () => {
  it("begins ten records before the end of each partition by default", () => {
    const from = (FROM: string) => parseConsumeOptions({ TOPIC: "V1_BETS", FROM }).from;
    assert.deepEqual([from(""), from("-3"), from("latest"), from("beginning")], [10, 3, "latest", "beginning"]);
  });

  for (const [variables, sentence] of [
    [{}, /^Which topic\? Type: make kafka-consume TOPIC=V1_BETS/],
    [{ TOPIC: "x", FROM: "3" }, /^FROM is '3', but must be 'beginning', 'latest', or the last records/],
    [{ TOPIC: "x", COUNT: "0" }, /^COUNT is 0, but must be a number of records, from 1/],
    [{ TOPIC: "x", TENANT: "-1" }, /^TENANT is '-1', but must be a tenant's number/],
  ] as const)
    it(`refuses ${JSON.stringify(variables)} in one sentence`, () =>
      assert.throws(() => parseConsumeOptions(variables), sentence));
});
