import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { KAFKA_VERSION, root } from "@plinth/local/locations.ts";

describe("the broker's jars (INF-16)", () => {
  it("are of the version that the program expects", () => {
    assert.match(
      readFileSync(join(root, "toolchain/kafka/pom.xml"), "utf8"),
      new RegExp(`<artifactId>kafka_2.13</artifactId>\\s*<version>${KAFKA_VERSION}</version>`),
    );
  });
});
