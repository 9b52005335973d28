import { clusterSettings, commonSettings, processSettings } from "../../components/config/settings.ts";

/** The columns of a rule on the pages. */
interface Rule {
  type?: string;
  enum?: string[];
  properties?: Record<string, Rule>;
  required?: string[] | undefined;
  description?: string;
  default?: unknown;
  production?: unknown;
  absent?: string;
}

/** The operator page's table of configuration keys: key, default, meaning. */
export function settingsTable(): string {
  const rows = [
    ...Object.entries<Rule>(commonSettings.properties).map(([key, rule]) => settingRow(key, rule)),
    ...Object.entries<Rule>(clusterSettings.properties).map(([key, rule]) => settingRow(key, rule)),
    ...Object.entries<Rule>(processSettings.properties).map(([key, rule]) => settingRow(key, rule, "`local` only: ")),
  ];
  return ["| key | default | what |", "|---|---|---|", ...rows].join("\n");
}

function settingRow(key: string, rule: Rule, prefix = ""): string {
  const meaning = rule.properties ? describeFields(rule) : describeValue(rule);
  return `| \`${key}\` | ${rule.absent ?? describeDefault(rule)} | ${prefix}${meaning} |`;
}

/** "`workers` 1 [3]; `storage` 2Gi [100Gi], of each node; `external`". */
function describeFields({ properties = {}, required = [] }: Rule): string {
  return Object.entries(properties)
    .map(([name, field]) => {
      const value = required.includes(name) ? "required" : "default" in field ? describeDefault(field) : "";
      const others = (field.enum ?? []).filter((choice) => choice !== field.default);
      const choices = others.length > 0 ? ` (or ${others.map(code).join(", ")})` : "";
      const head = [code(name), value].filter(Boolean).join(" ") + choices;
      return field.description === undefined ? head : `${head}, ${field.description}`;
    })
    .join("; ");
}

const describeValue = ({ enum: choices, description }: Rule) => description ?? (choices ?? []).map(code).join(" or ");

function describeDefault(rule: Rule): string {
  if (rule.properties && rule.default !== undefined) return "";
  if (rule.default === undefined || isEmpty(rule.default)) return "none";
  return "production" in rule ? `${code(rule.default)} [${code(rule.production)}]` : code(rule.default);
}

const isEmpty = (value: unknown) => typeof value === "object" && value !== null && Object.keys(value).length === 0;

const code = (value: unknown) => `\`${typeof value === "object" ? JSON.stringify(value) : value}\``;
