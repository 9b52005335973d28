import { clusterSettings, commonSettings, PROJECT, processSettings } from "../../components/config/settings.ts";
import { descriptorRule } from "../../components/service/descriptor-rule.ts";

type JsonSchema = Record<string, unknown>;

const DIALECT = "http://json-schema.org/draft-07/schema#";
/** Of a rule, what only this repository reads. */
const PRIVATE_KEYWORDS = ["expected", "production", "absent", "secret", "encryptable"];
const SECURE = { $ref: "#/definitions/secure" };

/** The schemas that editors complete and check files with, by their paths. */
export function editorSchemas(): Record<string, JsonSchema> {
  return {
    "components/service/plinth.schema.json": {
      $schema: DIALECT,
      title: "A service of the platform: plinth.json",
      ...toJsonSchema(descriptorRule),
    },
    "components/config/stack.schema.json": stackSchema(),
  };
}

/** Of a stack's file, Pulumi.<stack>.yaml. Only keys of this project are judged. */
function stackSchema(): JsonSchema {
  const keys = Object.entries({
    ...commonSettings.properties,
    ...clusterSettings.properties,
    ...processSettings.properties,
  }).map(([key, rule]) => [`${PROJECT}:${key}`, toSettingSchema(rule)]);
  return {
    $schema: DIALECT,
    title: "Configuration of a stack: Pulumi.<stack>.yaml",
    type: "object",
    properties: {
      config: {
        type: "object",
        properties: Object.fromEntries(keys),
        propertyNames: {
          anyOf: [{ enum: keys.map(([key]) => key) }, { not: { pattern: `^${PROJECT}:` } }],
        },
      },
    },
    definitions: {
      secure: {
        type: "object",
        description: "Set with `pulumi config set --secret`.",
        properties: { secure: { type: "string" } },
        required: ["secure"],
        additionalProperties: false,
      },
    },
  };
}

/** A key as YAML has it: numbers and flags may be texts, and any value may be encrypted. */
function toSettingSchema(rule: object): JsonSchema {
  const { description, default: fallback, ...value } = toJsonSchema(rule);
  const asText = { integer: { type: "string", pattern: "^\\d+$" }, boolean: { enum: ["true", "false"] } }[
    String(value.type)
  ];
  return {
    ...(description !== undefined && { description }),
    ...(fallback !== undefined && { default: fallback }),
    anyOf: [value, ...(asText ? [asText] : []), SECURE],
  };
}

/** Plain JSON Schema of a rule: without what only this repository reads. */
function toJsonSchema(rule: object): JsonSchema {
  const entries = Object.entries(rule).filter(([keyword]) => !PRIVATE_KEYWORDS.includes(keyword));
  const schema = Object.fromEntries(entries.map(([keyword, value]) => [keyword, convertKeyword(keyword, value)]));
  return "encryptable" in rule ? { anyOf: [schema, SECURE] } : schema;
}

function convertKeyword(keyword: string, value: unknown): unknown {
  if (keyword === "properties" || keyword === "patternProperties")
    return Object.fromEntries(Object.entries(value as object).map(([name, rule]) => [name, toJsonSchema(rule)]));
  if (keyword === "anyOf") return (value as object[]).map(toJsonSchema);
  return keyword === "items" ? toJsonSchema(value as object) : value;
}
