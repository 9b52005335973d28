import { createHash } from "node:crypto";
import { findPostgresBinaries } from "@plinth/local/locations.ts";
import type { InitStep, ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { processDefaults } from "../process/defaults.ts";
import { postgresProbe } from "../process/probes.ts";
import { requireInstalled } from "../process/programs.ts";
import type { CitusSettings } from "./settings.ts";

/**
 * One PostgreSQL stands in for coordinator and workers. `app` owns its database without being a
 * superuser, so row-level security restricts it. The superuser `postgres` cannot connect: it has no
 * password, and there is no local socket.
 */
export function postgresProcess(settings: Pick<CitusSettings, "port">, directory: string): ProcessSpec {
  const binaries = requireInstalled(findPostgresBinaries(), "PostgreSQL");
  const data = `${directory}/data`;
  return {
    ...processDefaults(directory),
    command: `${binaries}/postgres`,
    args: [
      "-D",
      data,
      "-p",
      String(settings.port),
      ...Object.entries(serverSettings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ],
    pidFiles: [`${data}/postmaster.pid`],
    ports: { postgres: settings.port },
    // During crash recovery the port accepts connections only to refuse them.
    ready: { kind: "log", line: "database system is ready to accept connections" },
    live: postgresProbe(settings.port),
    // SIGINT is a fast shutdown: it ends sessions and flushes data.
    stop: { signal: "SIGINT", graceSeconds: 20 },
    dropRoot: true,
  };
}

type PostgresLogin = Pick<CitusSettings, "port" | "user" | "database"> & { password: string };

/** Separate from {@link postgresProcess}, because the steps hold the password. */
export function postgresInitSteps(settings: PostgresLogin, directory: string): InitStep[] {
  const binaries = requireInstalled(findPostgresBinaries(), "PostgreSQL");
  const data = `${directory}/data`;
  const flags = [
    "-U",
    "postgres",
    "--auth-local=trust",
    "--auth-host=scram-sha-256",
    "-E",
    "UTF8",
    "--locale=C.UTF-8",
    "--no-sync",
    "--no-instructions",
  ];
  const [created, current] = [`${data}/.app-created`, `${data}/.password-${fingerprint(settings.password)}`];
  // Single-user mode reads statements from standard input before anyone can connect; a marker file
  // records that they succeeded.
  const execute = (statements: string[], creates: string, script: string): InitStep => ({
    command: "/bin/sh",
    args: ["-c", script, `${binaries}/postgres`, data, creates, current],
    stdin: statements.map((line) => `${line};\n\n`).join(""),
    creates,
  });
  const [role, password] = [`"${settings.user}"`, `password '${settings.password.replaceAll("'", "''")}'`];
  return [
    { command: `${binaries}/initdb`, args: ["-D", data, ...flags], creates: `${data}/PG_VERSION` },
    execute(
      [`create role ${role} login ${password}`, `create database "${settings.database}" owner ${role}`],
      created,
      `"$0" --single -j -D "$1" postgres && touch "$3" "$2"`,
    ),
    // A password that the configuration changed later.
    execute(
      [`alter role ${role} ${password}`],
      current,
      `rm -f "$1"/.password-* && "$0" --single -j -D "$1" postgres && touch "$2"`,
    ),
  ];
}

/** Enough to notice a change; the folder is only this user's, who can read the password itself. */
function fingerprint(password: string): string {
  return createHash("sha256").update(`postgres ${password}`).digest("hex").slice(0, 16);
}

const serverSettings = {
  listen_addresses: "127.0.0.1",
  // A socket's path must fit into 107 bytes, and a clone may lie deeper.
  unix_socket_directories: "",
  max_connections: 100,
  shared_buffers: "64MB",
  // A killed server replays at most this much before it serves again.
  max_wal_size: "256MB",
  max_worker_processes: 4,
  max_parallel_workers_per_gather: 0,
  // Saves two background processes that one node does not need.
  max_logical_replication_workers: 0,
  jit: "off",
  log_line_prefix: "%m [%p] ",
  // A statement's error may quote a caller's value. It goes to the service, which logs it without.
  log_min_messages: "log",
  log_error_verbosity: "terse",
  log_min_error_statement: "panic",
} as const;
