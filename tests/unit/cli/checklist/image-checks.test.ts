import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { runChecks } from "../../../../cli/checklist/check.ts";
import { imageChecks } from "../../../../cli/checklist/image-checks.ts";
import { digest, failures, inspectSample, withDockerfile } from "../../../support/checklist/sample-service.ts";
import { temporaryFolder } from "../../../support/sample-repositories.ts";

describe("the checks of an image (SDG-8)", () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("pass for a service that has everything", async () =>
    assert.deepEqual(failures(await runChecks(imageChecks, inspectSample(folder))), []));

  const cases: [check: string, changes: Record<string, string | undefined>, sentence: RegExp][] = [
    [
      "the image is built in several stages",
      { Dockerfile: `FROM node:24${digest}\nUSER 1\nHEALTHCHECK CMD x\nCMD ["x"]\n` },
      /Dockerfile: it has one FROM: build in a first stage/,
    ],
    [
      "the image is built in several stages",
      { Dockerfile: undefined },
      /there is no Dockerfile: make add-service PATH=/,
    ],
    [
      "its bases are pinned",
      withDockerfile(digest, ""),
      /node:24 may be another image tomorrow: write its tag and digest/,
    ],
    ["its bases are pinned", withDockerfile("--from=build", "--from=composer:2"), /composer:2 may be another image/],
    ["it runs without root rights", withDockerfile("USER 1000\n", ""), /it runs as root: add USER 1000/],
    ["it runs without root rights", withDockerfile("USER 1000", "USER root"), /USER is root: write USER 1000/],
    [
      "it runs without root rights",
      withDockerfile("USER 1000", "USER node"),
      /USER is 'node', a name, with which Kubernetes refuses to start it/,
    ],
    ["it has a health check", withDockerfile(/HEALTHCHECK.*\n/, ""), /it has none: add HEALTHCHECK CMD/],
    ["it has a health check", withDockerfile(/HEALTHCHECK.*\n/, "HEALTHCHECK NONE\n"), /it has none/],
    [
      "SIGTERM reaches the service",
      withDockerfile(/ENTRYPOINT.*/, "CMD node server.js"),
      /a shell runs the service and swallows SIGTERM/,
    ],
    [
      "SIGTERM reaches the service",
      withDockerfile(/ENTRYPOINT.*/, 'CMD ["npm", "start"]'),
      /CMD starts npm, which swallows SIGTERM/,
    ],
    [
      "SIGTERM reaches the service",
      withDockerfile(/ENTRYPOINT.*/, 'CMD ["sh", "-c", "php -S 0"]'),
      /begin its line with 'exec'/,
    ],
    ["SIGTERM reaches the service", withDockerfile(/ENTRYPOINT.*/, ""), /it does not say how it starts/],
    [
      "it holds no secret",
      withDockerfile("USER", "ENV DB_PASSWORD=hunter22\nUSER"),
      /ENV DB_PASSWORD stays in the image/,
    ],
    ["it holds no secret", withDockerfile("COPY . .", "COPY .env ./"), /it copies \.env into the image/],
    [
      "its .dockerignore names what stays out",
      { ".dockerignore": undefined },
      /there is no \.dockerignore: make add-service/,
    ],
    ["its .dockerignore names what stays out", { ".dockerignore": ".git\n" }, /\.dockerignore does not name \.env/],
  ];
  for (const [check, changes, sentence] of cases)
    it(`'${check}' fails: ${String(sentence).slice(1, 60)}`, async () => {
      const failed = failures(await runChecks(imageChecks, inspectSample(folder, changes)));
      const result = failed.find(({ name }) => name === check)?.result;
      assert.ok(Array.isArray(result), `only ${failed.map(({ name }) => name)} failed`);
      assert.match(result.join("\n"), sentence);
    });
});
