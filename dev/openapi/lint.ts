import { createConfig, lintFromString } from "@redocly/openapi-core";
import spectral from "@stoplight/spectral-core";
import rulesets from "@stoplight/spectral-rulesets";

/** Both linters' recommended rules. They differ: each finds what the other has no rule for. */
export async function lintDocument(document: object): Promise<string[]> {
  return [...(await lintBySpectral(document)), ...(await lintByRedocly(document))];
}

async function lintBySpectral(document: object): Promise<string[]> {
  const linter = new spectral.Spectral();
  linter.setRuleset({ extends: [[rulesets.oas, "recommended"]] } as never);
  const results = await linter.run(document as never);
  return results.map(({ code, path, message }) => `spectral ${code}, ${path.join("/")}: ${message}`);
}

async function lintByRedocly(document: object): Promise<string[]> {
  const config = await createConfig({ extends: ["recommended"] });
  const problems = await lintFromString({ source: JSON.stringify(document), config });
  return problems.map(
    ({ ruleId, location, message }) => `redocly ${ruleId}, ${location[0]?.pointer ?? ""}: ${message}`,
  );
}
