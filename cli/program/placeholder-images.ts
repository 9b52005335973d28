import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { load } from "js-yaml";
import { discoverServices } from "../../components/service/descriptor.ts";
import type { ConfigValue } from "./record.ts";

/**
 * The configuration under which a stack of production can be drawn and priced before each of its
 * services has an image: those without one get an image that nobody has.
 */
export function placeholderImages(stack: string): Record<string, ConfigValue> {
  const file = load(readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8")) as { config?: Record<string, unknown> };
  if (file?.config?.["plinth:profile"] !== "production") return {};
  const given = file.config["plinth:images"] as Record<string, ConfigValue> | undefined;
  const images = discoverServices(root).map(({ name }): [string, ConfigValue] => [
    name,
    given?.[name] ?? `registry.example.com/plinth/${name}@sha256:${"0".repeat(64)}`,
  ]);
  return { "plinth:images": { ...given, ...Object.fromEntries(images) } };
}
