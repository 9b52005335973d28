import { existsSync, statSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { KubeConfig, User } from "@kubernetes/client-node";
import { UserError } from "@plinth/local/user-error.ts";
import { errorReason } from "../errors.ts";

/** A context of the kubeconfig: one API server, and who one is to it. */
export interface KubeContext {
  name: string;
  /** `https://host:port` of the API server. */
  server: string;
  /**
   * TLS settings and headers of a request. May run the context's credentials plugin; its answer is
   * kept until it expires.
   */
  credentials(deadlineMs: number): Promise<RequestOptions>;
}

/** What to do without a cluster; every sentence about a missing one ends with it. */
export const CREATE_CLUSTER_HINT = "make one with 'kind create cluster'; 'make up' (the stack 'local') needs none";

const contextCache = new Map<string, KubeContext>();

/**
 * A context by its name, or the current one. Kept for the life of the provider host while its files
 * stay as they are, so that a credentials plugin (a second or more of CPU) runs once an `up` and
 * not once a call. Throws a {@link UserError} that names the file or the context and what to do.
 */
export async function loadContext(name?: string): Promise<KubeContext> {
  const files = findKubeconfigFiles();
  const versions = files.map((file) => [file, statSync(file).mtimeMs]);
  const keyOf = (context: string | undefined) => JSON.stringify([context, versions]);
  const known = contextCache.get(keyOf(name));
  if (known) return known;
  const found = selectContext(await readKubeconfig(files), name);
  // Another call may have been quicker, or have asked for the current context by its name.
  const context = contextCache.get(keyOf(found.name)) ?? found;
  for (const key of [name, found.name]) contextCache.set(keyOf(key), context);
  return context;
}

/** As kubectl reads them: all of KUBECONFIG that exist, or the one in the home folder. */
function findKubeconfigFiles(): string[] {
  const named = (process.env.KUBECONFIG ?? "").split(delimiter).filter(Boolean);
  const files = named.length > 0 ? named : [join(homedir(), ".kube", "config")];
  const existing = files.filter((file) => existsSync(file));
  if (existing.length > 0) return existing;
  const where =
    named.length > 0 ? `KUBECONFIG names ${named.join(delimiter)}, which does not exist` : "there is no ~/.kube/config";
  throw new UserError(`no Kubernetes context: ${where}; ${CREATE_CLUSTER_HINT}`);
}

/**
 * Merged by kubectl's rule, that the first file to say something wins. The library's own way
 * refuses two files that name the same cluster, and lets the last file choose the context.
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
 * Every client tells a credentials plugin the version to answer in; the library leaves that out,
 * and some plugins then refuse.
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

function selectContext(config: KubeConfig, asked: string | undefined): KubeContext {
  const names = config.getContexts().map(({ name }) => name);
  const name = asked ?? config.getCurrentContext();
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
    // All that ask at the same time share one run of the plugin; what it said, the library keeps.
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
