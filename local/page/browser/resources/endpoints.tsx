import type { Resource } from "../../model/resource.ts";

/** Only web addresses are links: another scheme from a descriptor could run a script. */
export function Endpoints({ resource: { endpoints } }: { resource: Resource }) {
  return (
    <span class="endpoints">
      {endpoints.map(({ name, url }) =>
        /^https?:\/\//.test(url) ? (
          <a key={`${name} ${url}`} href={url} target="_blank" rel="noreferrer" title={name}>
            {url.replace(/^https?:\/\//, "")}
          </a>
        ) : (
          <code key={`${name} ${url}`} title={name}>
            {url}
          </code>
        ),
      )}
    </span>
  );
}
