import { kindOf } from "../manifest.ts";
import { type Declared, entries, type ResourcePolicy, SECRET, UNKNOWN } from "../policy.ts";
import { isPlain, namesSecret, secretIn, secretSettings } from "../secrets.ts";
import { type Container, inContainers } from "../workload.ts";

/**
 * Where secrets are not told from plain values, only manifests can be judged: in the inputs of other resources, and in a Secret,
 * a secret is where it belongs.
 */
export const plainSecrets: ResourcePolicy = {
  name: "plain-secrets",
  refuses: "passwords, tokens and keys that anyone can read in a manifest, a ConfigMap or the state",
  inspect(resource, { marksSecrets }) {
    const kind = kindOf(resource);
    if (kind === "Secret") return marksSecrets ? unmarked(resource) : [];
    if (kind === undefined) return marksSecrets ? anywhere(resource) : [];
    return [...new Set([...inContainers(resource, containerFaults), ...configMapFaults(resource, kind), ...anywhere(resource)])];
  },
};

function containerFaults({ env = [], args = [], command = [] }: Container): string[] {
  const variables = env.filter(({ name, value }) => value === SECRET || (namesSecret(name ?? "") && value !== UNKNOWN && isPlain(value)));
  const line = [...command, ...args];
  return [
    ...variables.map(({ name }) => `has a secret in the variable ${name}; take it from a Secret by valueFrom.secretKeyRef`),
    ...(line.includes(SECRET)
      ? ["has a secret among its arguments, which every process list shows; take it from a variable or a file"]
      : []),
    ...secretSettings(line.join(" ")).map(
      (name) => `has a value for '${name}' among its arguments, which every process list shows; take it from a variable or a file`,
    ),
  ];
}

function configMapFaults({ props }: Declared, kind: string): string[] {
  if (kind !== "ConfigMap") return [];
  return entries<string>(props.data).flatMap(([key, text]) => {
    const named =
      (namesSecret(key) && text !== UNKNOWN && isPlain(text)) || text === SECRET
        ? [`the entry '${key}' is a secret; put it into a Secret`]
        : [];
    const inside = secretSettings(text).map((name) => `the entry '${key}' has a value for '${name}'; put it into a Secret`);
    return [...named, ...inside];
  });
}

function unmarked({ props }: Declared): string[] {
  return ["data", "stringData"].flatMap((field) =>
    entries<unknown>(props[field])
      .filter(([, value]) => isPlain(value) && value !== UNKNOWN)
      .map(([key]) => `'${key}' is not marked as a secret, so the state keeps it in plain text; wrap it in pulumi.secret()`),
  );
}

/** What gives itself away by its form, at any depth. */
function anywhere({ props }: Declared): string[] {
  return texts(props, []).flatMap(([path, text]) => {
    const sign = secretIn(text);
    return sign === undefined ? [] : [`${path.join(".")} holds ${sign}; take it from a Secret`];
  });
}

function texts(value: unknown, path: string[]): [string[], string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => texts(inner, [...path, key]));
}
