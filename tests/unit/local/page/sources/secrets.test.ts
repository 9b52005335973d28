import assert from "node:assert/strict";
import { SecretMask } from "@plinth/local/page/sources/secrets.ts";

const SECRET = 'pa"ss\\word\t1234';
const ENCODED = "p%40ss%2Fword-99";

describe("the mask of secrets", () => {
  const mask = new SecretMask(undefined, [SECRET, `postgresql://app:${ENCODED}@localhost:5432/app`]);

  it("hides a secret also as a line of JSON spells it (OBS-3)", () => {
    assert.equal(mask.text(JSON.stringify({ a: SECRET })), '{"a":"***"}');
    assert.equal(mask.text(`is ${SECRET}.`), "is ***.");
  });

  it("hides the password of an address also without its percent-encoding (OBS-3)", () => {
    assert.equal(mask.text(`with ${ENCODED} or p@ss/word-99`), "with *** or ***");
  });

  it("hides variables that are named as keys (OBS-3)", () => {
    const plain = { SIGNING_KEY: "k", KEY: "k", KEYBOARD: "de", PARTITION_KEYS: "3" };
    assert.deepEqual(mask.environment(plain, {}), {
      KEY: "***",
      KEYBOARD: "de",
      PARTITION_KEYS: "3",
      SIGNING_KEY: "***",
    });
  });
});
