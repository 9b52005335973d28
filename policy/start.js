// The SDK starts a pack by require() with its own ts-node on top, which refuses imports that end in
// .ts. From a plain module on, Node itself loads the rest.
import "./index.ts";
