import { root } from "@plinth/local/locations.ts";
import { discoverServices } from "../../components/service/descriptor.ts";
import { readStackYaml } from "../stack/stack-yaml.ts";
import type { ConfigValue } from "./record.ts";

/**
 * The configuration under which a stack of production can be drawn and priced before each of its
 * services has an image: those without one get an image that nobody has.
 */
export function placeholderImages(stack: string): Record<string, ConfigValue> {
  const { config } = readStackYaml(stack);
  if (config["plinth:profile"] !== "production") return {};
  const given = config["plinth:images"] as Record<string, ConfigValue> | undefined;
  const images = discoverServices(root).map(({ name }): [string, ConfigValue] => [
    name,
    given?.[name] ?? `registry.example.com/plinth/${name}@sha256:${"0".repeat(64)}`,
  ]);
  return { "plinth:images": { ...given, ...Object.fromEntries(images) } };
}
