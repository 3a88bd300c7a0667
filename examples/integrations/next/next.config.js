/** Holdfast is not bundled: it is one module for all routes, and reads files of its own. */
export default { serverExternalPackages: ["holdfast", "@nats-io/nats-core"] };
