import { UserError } from "@plinth/local/user-error.ts";
import { parse } from "@plinth/local/validation/check.ts";
import { suggestName } from "@plinth/local/validation/nearest.ts";
import * as pulumi from "@pulumi/pulumi";
import type { Static, TObject, TProperties, TSchema } from "typebox";
import { clusterSettings, commonSettings, processSettings } from "./settings.ts";

/**
 * The configured values of these settings, checked, without defaults. Other parsers read `tenants`
 * and `environment`.
 */
export function readSettings<Fields extends TProperties>({
  properties,
}: TObject<Fields>): Partial<Static<TObject<Fields>>> {
  const values = Object.entries<TSchema>(properties)
    .filter(([key]) => key !== "tenants" && key !== "environment")
    .map(([key, rule]) => [key, readSetting(key, rule as Rule)]);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

/** Fields of a rule that {@link TSchema} does not declare. */
interface Rule extends TSchema {
  type?: string;
  enum?: string[];
  secret?: boolean;
}

/** The configured text. `Config.get` would warn of secrets, which this module handles. */
export const configured = (key: string) => pulumi.runtime.getConfig(`${pulumi.getProject()}:${key}`);

function readSetting(key: string, rule: Rule): unknown {
  const text = configured(key);
  if (text === undefined) return undefined;
  // The engine copies plain configuration into the state and its history.
  if (rule.secret && !isSecret(key))
    throw new UserError(
      `Configuration '${key}' is in plain text: set it again with 'pulumi config set --secret ${key} …'.`,
    );
  const value = rule.type === "string" || rule.enum ? text : parseJson(text);
  const where = `Configuration '${key}'`;
  return parse(rule, value, { where, what: `'${key}'`, secret: isSecret(key), end: "." });
}

/** A structured value; text that is not JSON stays as it is, for the error message. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Whether the engine decrypted the key, by the variable it sets; the SDK has no call for it. */
export function isSecret(key: string): boolean {
  return (JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]") as string[]).includes(
    `${pulumi.getProject()}:${key}`,
  );
}

export function rejectUnknownKeys(kind: "process" | "kubernetes"): void {
  const project = `${pulumi.getProject()}:`;
  const [here, elsewhere] =
    kind === "process" ? [processSettings, clusterSettings] : [clusterSettings, processSettings];
  const known = [...Object.keys(commonSettings.properties), ...Object.keys(here.properties)];
  const unknown = Object.keys(pulumi.runtime.allConfig())
    .filter((key) => key.startsWith(project))
    .map((key) => key.slice(project.length))
    .find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const reason = Object.hasOwn(elsewhere.properties, unknown)
    ? ` where 'runtime' is '${kind}'`
    : suggestName(unknown, known);
  throw new UserError(
    `Configuration key '${unknown}' is not known${reason}. Known keys are: ${known.join(", ")}. Remove it with 'pulumi config rm ${unknown}'.`,
  );
}
