import { existsSync, statSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { KubeConfig, User } from "@kubernetes/client-node";
import { UserError } from "@plinth/local/user-error.ts";
import { errorReason } from "../errors.ts";

/** A context of the kubeconfig: an API server and a user's credentials. */
export interface KubeContext {
  name: string;
  /** `https://host:port` of the API server. */
  server: string;
  /**
   * TLS settings and headers of a request. May run the context's credentials plugin, whose answer
   * is kept until it expires.
   */
  credentials(deadlineMs: number): Promise<RequestOptions>;
}

/** What to do without a cluster: the end of every sentence about a missing one. */
export const CREATE_CLUSTER_HINT = "make one with 'kind create cluster'; 'make up' (the stack 'local') needs none";

const contextCache = new Map<string, KubeContext>();

/**
 * Loads a context by its name, or the current one. Keeps it while its files are unchanged, so that
 * a credentials plugin (a second or more of CPU) runs once an `up`, not once a call. Throws a
 * {@link UserError} that names the file or the context.
 */
export async function loadContext(name?: string): Promise<KubeContext> {
  const files = findKubeconfigFiles();
  const versions = files.map((file) => [file, statSync(file).mtimeMs]);
  const keyOf = (context: string | undefined) => JSON.stringify([context, versions]);
  const cached = contextCache.get(keyOf(name));
  if (cached) return cached;
  const selected = selectContext(await readKubeconfig(files), name);
  // A concurrent call may have loaded it meanwhile, or loaded the current context by its name.
  const context = contextCache.get(keyOf(selected.name)) ?? selected;
  for (const key of [name, selected.name]) contextCache.set(keyOf(key), context);
  return context;
}

/** Finds the files that kubectl reads: the existing ones of KUBECONFIG, or ~/.kube/config. */
export function findKubeconfigFiles(): string[] {
  const named = (process.env.KUBECONFIG ?? "").split(delimiter).filter(Boolean);
  const files = named.length > 0 ? named : [join(homedir(), ".kube", "config")];
  const existing = files.filter((file) => existsSync(file));
  if (existing.length > 0) return existing;
  const where =
    named.length > 0 ? `KUBECONFIG names ${named.join(delimiter)}, which does not exist` : "there is no ~/.kube/config";
  throw new UserError(`no Kubernetes context: ${where}; ${CREATE_CLUSTER_HINT}`);
}

/**
 * Merges the files by kubectl's rule: the first file to set a value wins. The library's own merge
 * refuses two files that name the same cluster, and takes the context of the last file.
 */
async function readKubeconfig(files: string[]): Promise<KubeConfig> {
  const { KubeConfig: Kubeconfig } = await import("@kubernetes/client-node");
  const parts = files.map((file) => {
    const part = new Kubeconfig();
    try {
      part.loadFromFile(file);
    } catch (error) {
      throw new UserError(
        `${file} is not a kubeconfig: ${errorReason(error).split("\n")[0]}; mend it, or name another in KUBECONFIG`,
      );
    }
    return part;
  });
  const merged = new Kubeconfig();
  merged.loadFromOptions({
    clusters: uniqueByName(parts.flatMap(({ clusters }) => clusters)),
    users: uniqueByName(parts.flatMap(({ users }) => users)).map(withExecInfo),
    contexts: uniqueByName(parts.flatMap(({ contexts }) => contexts)),
    currentContext: parts.map(({ currentContext }) => currentContext).find(Boolean) ?? "",
  });
  return merged;
}

const uniqueByName = <Entry extends { name: string }>(entries: Entry[]): Entry[] => [
  ...new Map(entries.toReversed().map((entry) => [entry.name, entry])).values(),
];

/**
 * Adds the version that a credentials plugin should answer in. The library does not, and some fail.
 */
function withExecInfo(user: User): User {
  const { exec } = user as { exec?: { apiVersion?: string; env?: { name: string; value: string }[] } };
  if (!exec) return user;
  const info = { kind: "ExecCredential", apiVersion: exec.apiVersion, spec: { interactive: false } };
  return {
    ...user,
    exec: { ...exec, env: [...(exec.env ?? []), { name: "KUBERNETES_EXEC_INFO", value: JSON.stringify(info) }] },
  };
}

function selectContext(config: KubeConfig, contextName: string | undefined): KubeContext {
  const names = config.getContexts().map(({ name }) => name);
  const name = contextName ?? config.getCurrentContext();
  if (!name)
    throw new UserError(
      names.length === 0
        ? `no Kubernetes context: the kubeconfig has none; ${CREATE_CLUSTER_HINT}`
        : `no Kubernetes context is chosen: choose one of ${names.join(", ")} with 'kubectl config use-context' or the configuration key kubernetesContext; 'make up' needs none`,
    );
  if (!names.includes(name)) {
    const others = names.length > 0 ? `it has ${names.join(", ")}` : CREATE_CLUSTER_HINT;
    throw new UserError(`no Kubernetes context '${name}' is in the kubeconfig: ${others}`);
  }
  config.setCurrentContext(name);
  const cluster = config.getCurrentCluster();
  if (!cluster)
    throw new UserError(
      `the Kubernetes context '${name}' is of a cluster that the kubeconfig does not have: mend it, or choose another`,
    );
  let pending: Promise<RequestOptions> | undefined;
  return {
    name,
    server: cluster.server,
    // Concurrent calls share one run of the plugin. The library keeps its answer.
    credentials(deadlineMs) {
      pending ??= loadCredentials(config, name, deadlineMs).finally(() => {
        pending = undefined;
      });
      return pending;
    },
  };
}

async function loadCredentials(config: KubeConfig, name: string, deadlineMs: number): Promise<RequestOptions> {
  const options: RequestOptions = {};
  const answered = new AbortController();
  const silence = pause(deadlineMs, undefined, { signal: answered.signal }).then(() => {
    throw new Error(`no answer within ${deadlineMs / 1000} s`);
  });
  try {
    await Promise.race([config.applyToHTTPSOptions(options), silence]);
  } catch (error) {
    const [line] = errorReason(error).trim().split("\n");
    throw new UserError(
      `the credentials of the Kubernetes context '${name}' cannot be had: ${line}; log in again, or choose another context`,
    );
  } finally {
    answered.abort();
  }
  return options;
}
