import { type ResourcePolicy, UNKNOWN } from "../policy.ts";
import { inspectContainers } from "../workload.ts";

/** A tag can move to other content; a digest cannot. */
export const images: ResourcePolicy = {
  name: "images",
  refuses: "images without a tag or with 'latest', and in production those without a digest",
  validateResource: (resource, { production }) =>
    inspectContainers(resource, ({ image = "" }) => {
      if (image === UNKNOWN) return [];
      const [name = "", digest] = image.split("@");
      if (digest !== undefined)
        return /^sha256:[0-9a-f]{64}$/.test(digest)
          ? []
          : [`runs '${image}', whose digest is not 'sha256:' and 64 digits`];
      if (production)
        return [`runs '${image}', whose content may change; name it by digest, as in ${name.split(":")[0]}@sha256:…`];
      // A colon before the last slash is a registry's port.
      const tag = name.slice(name.lastIndexOf("/") + 1).split(":")[1];
      return tag === undefined || tag === "latest"
        ? [`runs '${image}', which may be another image tomorrow; name a version`]
        : [];
    }),
};
