import { images } from "@plinth/policy/policies/images.ts";
import { UNKNOWN } from "@plinth/policy/policy.ts";
import { container, deployment, withContainer } from "../../../support/policy/compliant-stack.ts";
import { describePolicy, development } from "../../../support/policy/describe-policy.ts";

const digest = `sha256:${"0".repeat(64)}`;

describePolicy(images, {
  catches: [
    ["no tag", [withContainer({ image: "registry.example:5000/api" })], /runs 'registry.example:5000\/api'/],
    ["a version in production", [withContainer({ image: "api:1.2.3" })], /name it by digest, as in api@sha256/],
    ["a malformed digest", [withContainer({ image: "api:1@sha256:abc" })], /whose digest is not/],
    [
      "an init container",
      [deployment({ initContainers: [container({ name: "init", image: "busybox" })] })],
      /'init' runs 'busybox'/,
    ],
  ],
  passes: [
    ["a version in development", [withContainer({ image: "registry.example:5000/api:1.2.3" })], development],
    ["a digest behind a tag", [withContainer({ image: `api:1.2.3@${digest}` })]],
    ["an image that only 'up' knows", [withContainer({ image: UNKNOWN })]],
  ],
});
