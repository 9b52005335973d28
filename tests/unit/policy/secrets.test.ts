import assert from "node:assert/strict";
import { detectSecret, findSecretSettings, isSecretName } from "@plinth/policy/secrets.ts";

describe("the detection of secrets (SHOP-7, PLT-8)", () => {
  const names: [string, boolean][] = [
    ["DB_PASSWORD", true],
    ["password", true],
    ["apiKey", true],
    ["sasl.password", true],
    ["AWS_SECRET_ACCESS_KEY", true],
    ["jwtSecret", true],
    ["REFRESH_TOKEN", true],
    ["PASSWORD_FILE", false],
    ["TOKEN_TTL", false],
    ["SECRET_NAME", false],
    ["KEY", false],
    ["COMPASSPASSWORDLESS", false],
    ["MONKEY", false],
  ];
  for (const [name, secret] of names)
    it(`${name} ${secret ? "is" : "is not"} a secret's name`, () => assert.equal(isSecretName(name), secret));

  const texts: [string, string | undefined][] = [
    ["postgresql://app:pw@db:5432/app", "a URL with a password"],
    ["redis://:pw@redis", "a URL with a password"],
    ["postgresql://app:$(PASSWORD)@db/app", undefined],
    ["http://schema-registry:8081", undefined],
    ["http://host:8080/path@2x", undefined],
    ["-----BEGIN RSA PRIVATE KEY-----", "a private key"],
    ["-----BEGIN CERTIFICATE-----", undefined],
    [`AKIA${"A".repeat(16)}`, "an access key"],
    ["eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2ln", "a signed token"],
    ["docker.io/citusdata/citus@sha256:00", undefined],
  ];
  for (const [text, kind] of texts)
    it(`'${text}' holds ${kind ?? "no secret"}`, () => assert.equal(detectSecret(text), kind));

  const settings: [string, string[]][] = [
    ["--requirepass hunter2", ["requirepass"]],
    ["--password=hunter2 --port=6379", ["password"]],
    ["--password $(PASSWORD)", []],
    ["masterauth hunter2", ["masterauth"]],
    ["db:\n  password: hunter2\n  user: app", ["password"]],
    ["password: ''", []],
    ["the token is taken from the file", []],
    ["--token-file /run/token", []],
  ];
  for (const [text, secretSettings] of settings)
    it(`${JSON.stringify(text)} sets ${secretSettings.join() || "no secret"}`, () =>
      assert.deepEqual(findSecretSettings(text), secretSettings));
});
