import { spawnSync } from "node:child_process";
import { root } from "@plinth/local/locations.ts";

/**
 * Builds a service's image with Docker and brings it into the cluster of this machine that a
 * kubeconfig's context names; run by the program of a development stack when the sources changed.
 * SERVICE, IMAGE, CONTEXT and, for a service with a Dockerfile of its own, its FOLDER come by the
 * environment. Exit code 1 with one sentence when it cannot.
 */
const { SERVICE = "", IMAGE = "", CONTEXT = "", FOLDER } = process.env;

if (FOLDER) runOrExit("docker", "build", "--tag", IMAGE, FOLDER);
else
  runOrExit(
    "docker",
    "build",
    "--file",
    "services/Dockerfile",
    "--build-arg",
    `SERVICE=${SERVICE}`,
    "--tag",
    IMAGE,
    ".",
  );
const load = loadCommandFor(CONTEXT);
if (load !== undefined) runOrExit(...load);
console.log(IMAGE);

/**
 * Clusters of their own container engine get the image copied; Docker Desktop, OrbStack and their
 * like share the engine that built it.
 */
function loadCommandFor(context: string): [string, ...string[]] | undefined {
  const [, tool, cluster = ""] = /^(kind|k3d)-(.+)$/.exec(context) ?? [];
  if (tool === "kind") return ["kind", "load", "docker-image", IMAGE, "--name", cluster];
  if (tool === "k3d") return ["k3d", "image", "import", IMAGE, "--cluster", cluster];
  if (/^minikube/.test(context)) return ["minikube", "image", "load", IMAGE, "--profile", context];
  return undefined;
}

function runOrExit(program: string, ...args: string[]): void {
  const { error, status } = spawnSync(program, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (error === undefined && status === 0) return;
  const what =
    error === undefined ? `ended with exit code ${status}` : `cannot be run (${(error as NodeJS.ErrnoException).code})`;
  console.error(
    `'${program} ${args.join(" ")}' ${what}. To use an image that is built already: pulumi config set --path images.${SERVICE} IMAGE@DIGEST`,
  );
  process.exit(1);
}
