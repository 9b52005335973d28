import { SECRETS_DIRECTORY } from "../server.ts";
import type { ExternalAddress } from "../settings.ts";
import { type AlloyBlock, block, component, expression } from "./syntax.ts";

type ExternalName = "otlp" | "loki" | "remoteWrite";

/** The file of Alloy's Secret with the password of an external address. */
export const passwordFile = (name: ExternalName) => `${name.toLowerCase()}-password`;

/** Authentication of an HTTP client, whose password is read from a file. */
export function httpAuthentication(name: ExternalName, { user, password }: ExternalAddress): AlloyBlock["body"] {
  if (password === undefined) return [];
  const file = `${SECRETS_DIRECTORY}/${passwordFile(name)}`;
  if (user === undefined) return [["bearer_token_file", file]];
  return [block("basic_auth", ["username", user], ["password_file", file])];
}

/** Hands spans to an OTLP endpoint over HTTP, given with or without the path of spans. */
export function externalExporter(address: ExternalAddress): AlloyBlock[] {
  const { url, user, password } = address;
  // The exporter adds it.
  const endpoint = url.replace(/\/v1\/traces\/?$/, "");
  const secured = password !== undefined;
  const kind = user === undefined ? "bearer" : "basic";
  const secret = expression("local.file.otlp_password.content");
  return [
    ...(secured
      ? [
          component(
            "local.file",
            "otlp_password",
            ["filename", `${SECRETS_DIRECTORY}/${passwordFile("otlp")}`],
            ["is_secret", true],
          ),
          user === undefined
            ? component("otelcol.auth.bearer", "traces", ["token", secret])
            : component("otelcol.auth.basic", "traces", block("client_auth", ["username", user], ["password", secret])),
        ]
      : []),
    component(
      "otelcol.exporter.otlphttp",
      "traces",
      block(
        "client",
        ["endpoint", endpoint],
        ...(secured ? [["auth", expression(`otelcol.auth.${kind}.traces.handler`)] as [string, never]] : []),
      ),
    ),
  ];
}

/** The port at which Alloy takes logs for a Loki outside of the cluster. */
export const LOG_RECEIVER_PORT = 3100;

/** Takes lines by Loki's push, with their tenant: no service holds the vendor's password. */
export function logReceiverBlocks(): AlloyBlock[] {
  return [
    component(
      "loki.source.api",
      "push",
      block("http", ["listen_address", "0.0.0.0"], ["listen_port", LOG_RECEIVER_PORT]),
      ["use_incoming_timestamp", true],
      ["forward_to", [expression("loki.process.pushed.receiver")]],
    ),
    // Without a tenant nothing is kept.
    component(
      "loki.process",
      "pushed",
      ["forward_to", [expression("loki.write.stores.receiver")]],
      block("stage.match", ["selector", '{__tenant_id__=""}'], ["action", "drop"]),
    ),
  ];
}
