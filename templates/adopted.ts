import { join } from "node:path";
import { type Language, renderTemplate } from "./template.ts";

/**
 * Folder of the files that code which is there already is given: a Dockerfile and what it leaves
 * out.
 */
export function adoptedTemplateFolder(language: Language): string {
  return join(import.meta.dirname, "adopted", language);
}

/**
 * The files of {@link adoptedTemplateFolder} with `values` in the place of `{{name}}`; a line that
 * holds nothing but an empty value goes away. Pure, and good for an older version of the folder as
 * well.
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
      throw new Error(
        `A template asks for {{${name}}}, which nothing gives; there is ${Object.keys(values).join(", ")}`,
      );
    return value;
  };
  return text.split("\n").flatMap(line).join("\n");
}
