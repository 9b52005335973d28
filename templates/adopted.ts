import { join } from "node:path";
import { type Language, renderTemplate } from "./template.ts";

/** Folder of the files that existing code receives: a Dockerfile and its .dockerignore. */
export function adoptedTemplateFolder(language: Language): string {
  return join(import.meta.dirname, "adopted", language);
}

/**
 * Renders {@link adoptedTemplateFolder}, or an older version of it, with `values` in place of
 * `{{name}}`. A line that holds only an empty value is dropped. Pure.
 */
export function renderAdoptedTemplate(folder: string, values: Readonly<Record<string, string>>): Map<string, string> {
  const files = renderTemplate(folder, { name: "", port: 0 });
  return new Map([...files].map(([path, text]) => [path, fillPlaceholders(text, values)]));
}

function fillPlaceholders(text: string, values: Readonly<Record<string, string>>): string {
  const line = (one: string) => {
    const [, only] = /^\{\{(\w+)\}\}$/.exec(one) ?? [];
    if (only !== undefined && valueFor(only) === "") return [];
    return [one.replace(/\{\{(\w+)\}\}/g, (_, name: string) => valueFor(name))];
  };
  const valueFor = (name: string) => {
    const value = values[name];
    if (value === undefined)
      throw new Error(`A template uses {{${name}}}, which has no value; there are ${Object.keys(values).join(", ")}`);
    return value;
  };
  return text.split("\n").flatMap(line).join("\n");
}
