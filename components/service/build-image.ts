import { spawnSync } from "node:child_process";
import { relative } from "node:path";
import { root } from "@plinth/local/locations.ts";

/**
 * The command that builds a service's image with Docker and loads it into the local cluster of a
 * kubeconfig's context. It reads SERVICE, IMAGE, CONTEXT and, for a service with its own
 * Dockerfile, FOLDER from the environment; on failure it prints one sentence and exits with 1. Runs
 * from the root of the repository.
 */
export const buildImageCommand = `node ${relative(root, import.meta.filename)}`;

if (import.meta.main) {
  const { SERVICE = "", IMAGE = "", CONTEXT = "", FOLDER } = process.env;
  const build = FOLDER
    ? ["docker", "build", "--tag", IMAGE, FOLDER]
    : ["docker", "build", "--file", "services/Dockerfile", "--build-arg", `SERVICE=${SERVICE}`, "--tag", IMAGE, "."];
  for (const command of [build, ...loadCommands(CONTEXT, IMAGE)]) runOrExit(command, SERVICE);
  // The engine takes standard output for the name of the image.
  console.log(IMAGE);
}

/**
 * The command that copies the image into a cluster with its own container engine. None for Docker
 * Desktop and OrbStack: their cluster shares the engine that built the image.
 */
function loadCommands(context: string, image: string): string[][] {
  const [, tool, cluster = ""] = /^(kind|k3d)-(.+)$/.exec(context) ?? [];
  if (tool === "kind") return [["kind", "load", "docker-image", image, "--name", cluster]];
  if (tool === "k3d") return [["k3d", "image", "import", image, "--cluster", cluster]];
  if (/^minikube/.test(context)) return [["minikube", "image", "load", image, "--profile", context]];
  return [];
}

function runOrExit([program = "", ...args]: string[], service: string): void {
  const { error, status } = spawnSync(program, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (error === undefined && status === 0) return;
  const failure =
    error === undefined ? `ended with exit code ${status}` : `cannot be run (${(error as NodeJS.ErrnoException).code})`;
  const remedy = `To use an image that is built already: pulumi config set --path images.${service} IMAGE@DIGEST`;
  console.error(`'${program} ${args.join(" ")}' ${failure}. ${remedy}`);
  process.exit(1);
}
