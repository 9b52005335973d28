import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { basesOf, type Instruction, lastOf, stagesOf } from "./dockerfile.ts";
import type { Point, Verdict } from "./point.ts";
import type { Subject } from "./subject.ts";

/** What a service's image must be (SDG-1), read from its Dockerfile. */
export const imagePoints: Point[] = [
  {
    name: "the image is made in more than one stage",
    judge: ofImage((instructions) =>
      stagesOf(instructions).length > 1
        ? []
        : ["it has one FROM: build in a first stage, and copy what runs into a last one without compilers and caches"],
    ),
  },
  {
    name: "its bases are pinned",
    judge: ofImage((instructions) =>
      basesOf(instructions)
        .filter((base) => !/@sha256:[0-9a-f]{64}$/.test(base))
        .map((base) => `${base} may be another image tomorrow: write its tag and digest, as in ${base.replace(/@.*/, "")}@sha256:…`),
    ),
  },
  { name: "it runs as somebody without rights", judge: ofImage(nonRoot) },
  {
    name: "it has a health check",
    judge: ofImage((instructions) => {
      const check = lastOf(instructions, "HEALTHCHECK");
      return check && check.rest !== "NONE" ? [] : ["it has none: add HEALTHCHECK CMD with a request to the path of probes.live"];
    }),
  },
  { name: "SIGTERM reaches the service", judge: ofImage(signalled) },
  { name: "it holds no secret", judge: ofImage(withoutSecrets) },
  { name: "what it leaves out is written down", judge: leftOut },
];

function ofImage(judge: (instructions: Instruction[]) => string[]): Point["judge"] {
  return ({ image, service }) => {
    if (image === undefined) return [`there is no Dockerfile: make add-service PATH=${service.folder}`];
    return judge(image.instructions).map((fault) => `${image.label}: ${fault}`);
  };
}

function nonRoot(instructions: Instruction[]): string[] {
  const user = lastOf(instructions, "USER")?.rest.split(":")[0];
  const base = lastOf(instructions, "FROM")?.rest ?? "";
  if (user === undefined)
    return basesOf([{ word: "FROM", rest: base }]).some((one) => one.includes(":nonroot"))
      ? []
      : ["it runs as root: add USER 1000 to its last stage"];
  if (user === "root" || user === "0") return [`USER is ${user}: write USER 1000`];
  // The kubelet cannot tell whether a name is root's.
  return /^\d+$/.test(user)
    ? []
    : [`USER is '${user}', by a name, with which Kubernetes refuses to start it: write the number, such as USER 1000`];
}

/** A shell or a package manager as process 1 does not hand the signal on: requests are cut, and the drain never begins. */
function signalled(instructions: Instruction[]): string[] {
  const start = lastOf(instructions, "ENTRYPOINT") ?? lastOf(instructions, "CMD");
  if (start === undefined) return ['it says nowhere how it starts: add ENTRYPOINT ["program", "argument"]'];
  if (!start.rest.startsWith("["))
    return [
      `${start.word} ${start.rest}: a shell stands before the service and keeps SIGTERM; write it as a list, ["program", "argument"]`,
    ];
  const [program = "", flag, line = ""] = JSON.parse(start.rest) as string[];
  if (/^(npm|npx|yarn|pnpm|corepack|composer)$/.test(program))
    return [`${start.word} starts ${program}, which keeps SIGTERM: start the program itself`];
  if (/(^|\/)(ba|da|a)?sh$/.test(program) && flag === "-c" && !/(^|&&|;)\s*exec\s/.test(line))
    return [`${start.word} starts a shell, which keeps SIGTERM: begin its line with 'exec'`];
  return [];
}

function withoutSecrets(instructions: Instruction[]): string[] {
  const named = instructions
    .filter(
      ({ word, rest }) => (word === "ENV" || word === "ARG") && /\b\w*(PASSWORD|SECRET|TOKEN|API_?KEY|PRIVATE_KEY)\w*[= ]\S/i.test(rest),
    )
    .map(
      ({ word, rest }) =>
        `${word} ${rest.split(/[= ]/)[0]} is kept in the image for everybody who has it: let it come by the environment when the service starts`,
    );
  const copied = instructions
    .filter(
      ({ word, rest }) =>
        (word === "COPY" || word === "ADD") && /(^|\s|\/)(\.env|id_rsa|\S+\.pem|\.npmrc)(\s|$)/.test(rest) && !/--from/.test(rest),
    )
    .filter(({ rest }) => !/\.npmrc/.test(rest) || /\.npmrc\s*$/.test(rest))
    .map(
      ({ rest }) =>
        `it copies ${rest.split(/\s+/)[0]} into the image: leave it out, and mount it as a secret of the build where that needs it`,
    );
  return [...named, ...copied];
}

function leftOut({ image, service }: Subject): Verdict {
  if (image === undefined) return { skipped: "there is no Dockerfile" };
  const file = join(image.context, ".dockerignore");
  if (!existsSync(file)) return [`there is no .dockerignore: make add-service PATH=${service.folder}`];
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.trim().replace(/^\//, ""));
  const all = image.instructions.some(({ word, rest }) => word === "COPY" && /^\.\/?\s/.test(rest));
  const missing = [".git", ...(all ? [".env"] : [])].filter(
    (name) => !lines.some((line) => line === name || line === `${name}*` || line === `**/${name}`),
  );
  return missing.map((name) => `.dockerignore does not name ${name}, which thereby comes into the image or its build: add it`);
}
