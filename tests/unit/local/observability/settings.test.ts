import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readObservabilitySettings } from "@plinth/local/observability/settings.ts";

const folder = mkdtempSync(join(tmpdir(), "plinth-settings-"));
const refusal = (text: string) => {
  const file = join(folder, "settings.json");
  writeFileSync(file, text);
  try {
    readObservabilitySettings(file);
  } catch (error) {
    return (error as Error).message.replace(folder, "");
  }
  return undefined;
};

describe("the settings file of the collector and the page", () => {
  it("is required, with the command that takes it", () =>
    assert.throws(() => readObservabilitySettings(undefined), /Type: node local\/observability\/main\.ts FILE/));

  it("that is missing is named, with the command that writes it", () =>
    assert.throws(
      () => readObservabilitySettings(join(folder, "none.json")),
      /The settings file .+none\.json cannot be read: ENOENT.* Type: make up/,
    ));

  it("without valid JSON is named", () => assert.match(refusal("{")!, /\/settings\.json cannot be read: .*JSON/));

  for (const text of ["null", "[]", "{}", '{"stack":"local"}'])
    it(`${text} is refused, naming the first field that it lacks`, () =>
      assert.match(refusal(text)!, /\/settings\.json has no '(stack|directory)': 'make up' writes the file/));

  it("needs everything that is read of it, also how long data is kept", () => {
    const whole = {
      stack: "a",
      directory: "/",
      data: "/",
      page: "/",
      ports: {},
      stores: {},
      brokers: "",
      registry: "",
    };
    assert.match(refusal(JSON.stringify({ ...whole, processes: [], dashboards: [] }))!, /has no 'retention'/);
  });
});
