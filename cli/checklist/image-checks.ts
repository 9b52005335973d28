import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Check, CheckResult } from "./check.ts";
import { baseImages, type Instruction, lastInstruction, splitStages } from "./dockerfile.ts";
import type { InspectedService } from "./inspected-service.ts";

/** Checks of a service's image (SDG-1), by its Dockerfile. */
export const imageChecks: Check[] = [
  {
    name: "the image is built in several stages",
    evaluate: checkImage((instructions) =>
      splitStages(instructions).length > 1
        ? []
        : ["it has one FROM: build in a first stage, and copy what runs into a last one without compilers and caches"],
    ),
  },
  {
    name: "its bases are pinned",
    evaluate: checkImage((instructions) =>
      baseImages(instructions)
        .filter((base) => !/@sha256:[0-9a-f]{64}$/.test(base))
        .map(
          (base) =>
            `${base} may be another image tomorrow: write its tag and digest, as in ${base.replace(/@.*/, "")}@sha256:…`,
        ),
    ),
  },
  { name: "it runs without root rights", evaluate: checkImage(checkUser) },
  {
    name: "it has a health check",
    evaluate: checkImage((instructions) => {
      const check = lastInstruction(instructions, "HEALTHCHECK");
      return check && check.args !== "NONE"
        ? []
        : ["it has none: add HEALTHCHECK CMD with a request to the path of probes.live"];
    }),
  },
  { name: "SIGTERM reaches the service", evaluate: checkImage(checkSignalHandling) },
  { name: "it holds no secret", evaluate: checkImage(checkNoSecrets) },
  { name: "its .dockerignore names what stays out", evaluate: checkDockerignore },
];

function checkImage(judge: (instructions: Instruction[]) => string[]): Check["evaluate"] {
  return ({ image, service }) => {
    if (image === undefined) return [`there is no Dockerfile: make add-service PATH=${service.folder}`];
    return judge(image.instructions).map((fault) => `${image.label}: ${fault}`);
  };
}

function checkUser(instructions: Instruction[]): string[] {
  const user = lastInstruction(instructions, "USER")?.args.split(":")[0];
  const base = lastInstruction(instructions, "FROM")?.args ?? "";
  if (user === undefined)
    return baseImages([{ keyword: "FROM", args: base }]).some((one) => one.includes(":nonroot"))
      ? []
      : ["it runs as root: add USER 1000 to its last stage"];
  if (user === "root" || user === "0") return [`USER is ${user}: write USER 1000`];
  // The kubelet cannot check whether a name is root's.
  return /^\d+$/.test(user)
    ? []
    : [`USER is '${user}', a name, with which Kubernetes refuses to start it: write a number, such as USER 1000`];
}

/** A shell or a package manager as process 1 swallows the signal: the service never drains. */
function checkSignalHandling(instructions: Instruction[]): string[] {
  const start = lastInstruction(instructions, "ENTRYPOINT") ?? lastInstruction(instructions, "CMD");
  if (start === undefined) return ['it does not say how it starts: add ENTRYPOINT ["program", "argument"]'];
  if (!start.args.startsWith("["))
    return [
      `${start.keyword} ${start.args}: a shell runs the service and swallows SIGTERM; write it as a list, ["program", "argument"]`,
    ];
  const [program = "", flag, line = ""] = JSON.parse(start.args) as string[];
  if (/^(npm|npx|yarn|pnpm|corepack|composer)$/.test(program))
    return [`${start.keyword} starts ${program}, which swallows SIGTERM: start the program itself`];
  if (/(^|\/)(ba|da|a)?sh$/.test(program) && flag === "-c" && !/(^|&&|;)\s*exec\s/.test(line))
    return [`${start.keyword} starts a shell, which swallows SIGTERM: begin its line with 'exec'`];
  return [];
}

function checkNoSecrets(instructions: Instruction[]): string[] {
  const named = instructions
    .filter(
      ({ keyword, args }) =>
        (keyword === "ENV" || keyword === "ARG") &&
        /\b\w*(PASSWORD|SECRET|TOKEN|API_?KEY|PRIVATE_KEY)\w*[= ]\S/i.test(args),
    )
    .map(
      ({ keyword, args }) =>
        `${keyword} ${args.split(/[= ]/)[0]} stays in the image for everyone who has it: pass it in the environment when the service starts`,
    );
  const copied = instructions
    .filter(
      ({ keyword, args }) =>
        (keyword === "COPY" || keyword === "ADD") &&
        /(^|\s|\/)(\.env|id_rsa|\S+\.pem|\.npmrc)(\s|$)/.test(args) &&
        !/--from/.test(args),
    )
    .filter(({ args }) => !/\.npmrc/.test(args) || /\.npmrc\s*$/.test(args))
    .map(
      ({ args }) =>
        `it copies ${args.split(/\s+/)[0]} into the image: leave it out, and mount it as a build secret if the build needs it`,
    );
  return [...named, ...copied];
}

function checkDockerignore({ image, service }: InspectedService): CheckResult {
  if (image === undefined) return { skipped: "there is no Dockerfile" };
  const file = join(image.context, ".dockerignore");
  if (!existsSync(file)) return [`there is no .dockerignore: make add-service PATH=${service.folder}`];
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.trim().replace(/^\//, ""));
  const all = image.instructions.some(({ keyword, args }) => keyword === "COPY" && /^\.\/?\s/.test(args));
  const missing = [".git", ...(all ? [".env"] : [])].filter(
    (name) => !lines.some((line) => line === name || line === `${name}*` || line === `**/${name}`),
  );
  return missing.map((name) => `.dockerignore does not name ${name}, so it gets into the image or its build: add it`);
}
