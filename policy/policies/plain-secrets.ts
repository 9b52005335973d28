import { kindOf } from "../manifest.ts";
import { type DeclaredResource, entries, type ResourcePolicy, SECRET, UNKNOWN } from "../policy.ts";
import { detectSecret, findSecretSettings, isPlainText, isSecretName } from "../secrets.ts";
import { type Container, inspectContainers } from "../workload.ts";

/**
 * When secrets are not marked, the policy judges manifests alone: a secret may stand in a Secret
 * and in the inputs of other resources.
 */
export const plainSecrets: ResourcePolicy = {
  name: "plain-secrets",
  refuses: "passwords, tokens and keys that anyone can read in a manifest, a ConfigMap or the state",
  validateResource(resource, { marksSecrets }) {
    const kind = kindOf(resource);
    if (kind === "Secret") return marksSecrets ? unmarkedSecrets(resource) : [];
    if (kind === undefined) return marksSecrets ? findSecretTexts(resource) : [];
    return [
      ...new Set([
        ...inspectContainers(resource, containerViolations),
        ...configMapViolations(resource, kind),
        ...findSecretTexts(resource),
      ]),
    ];
  },
};

function containerViolations({ env = [], args = [], command = [] }: Container): string[] {
  const variables = env.filter(
    ({ name, value }) => value === SECRET || (isSecretName(name ?? "") && value !== UNKNOWN && isPlainText(value)),
  );
  const line = [...command, ...args];
  return [
    ...variables.map(
      ({ name }) => `has a secret in the variable ${name}; take it from a Secret by valueFrom.secretKeyRef`,
    ),
    ...(line.includes(SECRET)
      ? ["has a secret among its arguments, which process lists show; take it from a variable or a file"]
      : []),
    ...findSecretSettings(line.join(" ")).map(
      (name) =>
        `has a value for '${name}' among its arguments, which process lists show; take it from a variable or a file`,
    ),
  ];
}

function configMapViolations({ props }: DeclaredResource, kind: string): string[] {
  if (kind !== "ConfigMap") return [];
  return entries<string>(props.data).flatMap(([key, text]) => {
    const named =
      (isSecretName(key) && text !== UNKNOWN && isPlainText(text)) || text === SECRET
        ? [`the entry '${key}' is a secret; put it into a Secret`]
        : [];
    const inside = findSecretSettings(text).map(
      (name) => `the entry '${key}' has a value for '${name}'; put it into a Secret`,
    );
    return [...named, ...inside];
  });
}

function unmarkedSecrets({ props }: DeclaredResource): string[] {
  return ["data", "stringData"].flatMap((field) =>
    entries<unknown>(props[field])
      .filter(([, value]) => isPlainText(value) && value !== UNKNOWN)
      .map(
        ([key]) =>
          `'${key}' is not marked as a secret, so the state keeps it in plain text; wrap it in pulumi.secret()`,
      ),
  );
}

/** Secrets that their form reveals, at any depth. */
function findSecretTexts({ props }: DeclaredResource): string[] {
  return listTexts(props, []).flatMap(([path, text]) => {
    const kind = detectSecret(text);
    return kind === undefined ? [] : [`${path.join(".")} holds ${kind}; take it from a Secret`];
  });
}

function listTexts(value: unknown, path: string[]): [string[], string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => listTexts(inner, [...path, key]));
}
