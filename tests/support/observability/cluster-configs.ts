import { type ConfigValue, secretValue } from "../program/record.ts";
import { recordProgram } from "../program/recorded-program.ts";

const address = (name: string): ConfigValue => ({
  url: `https://${name}.example.com/path`,
  user: "plinth",
  password: secretValue,
});
const external = { otlp: address("otlp"), loki: address("loki"), remoteWrite: address("metrics") };

/** Configurations of the key `observability` that lead to different files. */
const variants: Record<string, [stack: string, config: Record<string, ConfigValue>]> = {
  dev: ["dev", {}],
  prod: ["prod", {}],
  external: ["dev", { "plinth:observability": { mode: "external", external } }],
  elk: ["dev", { "plinth:observability": { tools: ["elk"] } }],
};

export const variantNames = Object.keys(variants);

/** Texts of all ConfigMaps of a variant, by their keys. */
export async function configFiles(variant: string): Promise<Record<string, string>> {
  const [stack, config] = variants[variant]!;
  const { all } = await recordProgram(stack, config);
  const maps = all.filter(({ type }) => type.endsWith(":ConfigMap"));
  return Object.assign({}, ...maps.map(({ inputs }) => inputs.data)) as Record<string, string>;
}
