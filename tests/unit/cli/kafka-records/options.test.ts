import assert from "node:assert/strict";
import { parseConsumeOptions } from "../../../../cli/kafka-records/options.ts";

describe("the options of make kafka-consume", () => {
  it("begins ten records before the end of each partition by default", () => {
    const from = (FROM: string) => parseConsumeOptions({ TOPIC: "V1_BETS", FROM }).from;
    assert.deepEqual([from(""), from("-3"), from("latest"), from("beginning")], [10, 3, "latest", "beginning"]);
  });

  for (const [variables, sentence] of [
    [{}, /^Error: Which topic\? Type: make kafka-consume TOPIC=V1_BETS/],
    [{ TOPIC: "x", FROM: "3" }, /^Error: FROM=3 is no place in a topic/],
    [{ TOPIC: "x", COUNT: "0" }, /^Error: COUNT=0 is no number of records/],
    [{ TOPIC: "x", TENANT: "-1" }, /^Error: TENANT=-1 is no tenant/],
  ] as const)
    it(`refuses ${JSON.stringify(variables)} in one sentence`, () =>
      assert.throws(() => parseConsumeOptions(variables), sentence));
});
