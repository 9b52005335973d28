import { byteQuantity, isRecord, type Rule } from "./validation.ts";

/** As Kubernetes writes processor time: "100m", "2", "0.5". */
const isCpuQuantity = (value: unknown) => typeof value === "string" && /^(\d+m|\d+(\.\d+)?)$/.test(value);
const isByteQuantity = byteQuantity[0];

/** What a replica asks for and may take, as it is written down. */
export const resourcesRule: Rule = [
  (value) =>
    isRecord(value) &&
    Object.keys(value).every((field) => field === "requests" || field === "limits") &&
    isRecord(value.requests) &&
    isCpuQuantity(value.requests.cpu) &&
    isByteQuantity(value.requests.memory) &&
    isRecord(value.limits) &&
    isByteQuantity(value.limits.memory) &&
    (value.limits.cpu === undefined || isCpuQuantity(value.limits.cpu)) &&
    Object.keys({ ...value.requests, ...value.limits }).every((field) => field === "cpu" || field === "memory"),
  '{ requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "500m", memory: "512Mi" } }, of which only limits.cpu may be left out',
];

/** By service, as a stack's configuration has it. */
export const resourcesByServiceRule: Rule = [
  (value) => isRecord(value) && Object.values(value).every(resourcesRule[0]),
  `resources by service, each ${resourcesRule[1]}`,
];
