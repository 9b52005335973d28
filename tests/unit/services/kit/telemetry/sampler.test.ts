import assert from "node:assert/strict";
import { createRateSampler, createRatioSampler } from "@plinth/kit/telemetry/sampler.ts";

const caller = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", sampled: true };

describe("sampling of traces", () => {
  let ms = 0;
  const sampler = () => createRateSampler(20, () => ms);
  /** Requests at a steady rate for some seconds. */
  const count = (perSecond: number, seconds: number, sample: () => boolean) => {
    let sampled = 0;
    for (let n = 0; n < perSecond * seconds; n++) {
      ms += 1000 / perSecond;
      if (sample()) sampled++;
    }
    return sampled;
  };

  it("records every trace while there are few", () => {
    const { samples } = sampler();
    assert.equal(
      count(10, 300, () => samples("server", undefined)),
      3000,
    );
  });

  it("records a steady number a second under load, from the first second to the last", () => {
    const { samples } = sampler();
    const first = count(5000, 20, () => samples("server", undefined));
    assert.ok(first > 300 && first <= 1000, `${first} in the first 20 s`);
    for (let minute = 0; minute < 3; minute++) {
      const later = count(5000, 60, () => samples("server", undefined));
      assert.ok(later > 1100 && later < 1300, `${later} in a minute`);
    }
    ms += 60_000;
    assert.equal(
      count(1000, 0.1, () => samples("server", undefined)),
      100,
    );
  });

  it("follows a caller, bounds what a stranger can have recorded, and keeps a begun trace whole", () => {
    const { samples } = sampler();
    assert.equal(samples("server", { ...caller, sampled: false }), false);
    const received = count(5000, 60, () => samples("server", caller));
    assert.ok(received > 5000 && received < 8100, `${received} in a minute`);
    assert.equal(samples("server", undefined), true);
    for (const kind of ["client", "internal", "producer", "consumer"] as const)
      assert.equal(
        count(5000, 10, () => samples(kind, caller)),
        50_000,
      );
  });

  it("leaves the requests their traces while events without any are handled", () => {
    const { samples } = sampler();
    count(5000, 60, () => samples("consumer", undefined));
    assert.equal(samples("server", undefined), true);
  });

  it("knows no rate where a share is set", () => {
    const { samples } = createRatioSampler(1);
    assert.equal(
      count(100_000, 1, () => samples("server", undefined)),
      100_000,
    );
  });
});
