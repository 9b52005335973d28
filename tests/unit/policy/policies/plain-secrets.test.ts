import { plainSecrets } from "@plinth/policy/policies/plain-secrets.ts";
import { type DeclaredResource, SECRET, UNKNOWN } from "@plinth/policy/policy.ts";
import { deployment, kubernetes, withContainer } from "../../../support/policy/compliant-stack.ts";
import { describePolicy } from "../../../support/policy/describe-policy.ts";

function configMap(data: Record<string, string>): DeclaredResource {
  return kubernetes("core/v1:ConfigMap", "settings", { metadata: {}, data });
}

describePolicy(plainSecrets, {
  catches: [
    [
      "a password in a variable",
      [withContainer({ env: [{ name: "DB_PASSWORD", value: "hunter2" }] })],
      /in the variable DB_PASSWORD; .*secretKeyRef/,
    ],
    [
      "a secret under an innocent name",
      [withContainer({ env: [{ name: "MODE", value: SECRET }] })],
      /in the variable MODE/,
    ],
    [
      "a URL with a password",
      [withContainer({ env: [{ name: "URL", value: "redis://:pw@redis:6379" }] })],
      /env.0.value holds a URL with a password/,
    ],
    [
      "a password among arguments",
      [withContainer({ args: ["--requirepass", "hunter2"] })],
      /a value for 'requirepass' among its arguments/,
    ],
    ["a secret among arguments", [withContainer({ args: [SECRET] })], /a secret among its arguments/],
    [
      "a token in an annotation",
      [deployment({}, { annotations: { note: "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl" } })],
      /annotations.note holds a signed token/,
    ],
    [
      "a private key in a ConfigMap",
      [configMap({ "tls.key": "-----BEGIN PRIVATE KEY-----\nMII" })],
      /data.tls.key holds a private key/,
    ],
    ["an entry of a ConfigMap", [configMap({ apiKey: "abc" })], /the entry 'apiKey' is a secret/],
    [
      "a line in a ConfigMap",
      [configMap({ "redis.conf": "port 6379\nrequirepass hunter2\n" })],
      /'redis.conf' has a value for 'requirepass'/,
    ],
    [
      "a Secret that is not marked",
      [kubernetes("core/v1:Secret", "s", { stringData: { password: "x" } })],
      /'password' is not marked as a secret/,
    ],
    [
      "a provider's input",
      [{ type: "pulumi-nodejs:dynamic/plinth:TenantRows", name: "t", props: { databaseUrl: "postgresql://a:b@c/d" } }],
      /databaseUrl holds a URL/,
    ],
  ],
  passes: [
    ["a password that only 'up' knows", [withContainer({ env: [{ name: "DB_PASSWORD", value: UNKNOWN }] })]],
    ["names that only sound like secrets", [withContainer({ env: [{ name: "PASSWORD_FILE", value: "/run/secret" }] })]],
    ["a Secret that is marked", [kubernetes("core/v1:Secret", "s", { stringData: { password: SECRET } })]],
    [
      "a Secret when secrets are not marked",
      [kubernetes("core/v1:Secret", "s", { stringData: { p: "x" } })],
      { production: true, marksSecrets: false },
    ],
    [
      "settings that refer to variables",
      [configMap({ "app.yaml": "password: $(PASSWORD)\nurl: redis://:$(PASSWORD)@redis" })],
    ],
  ],
});
