/** What the page says before the generated part. */
export const title = `# Events and errors

<!-- Made by \`npm run docs\` from the types and docstrings in src/: mend them, not this page. -->

Every event of a connection with its fields, why links are lost and messages given up, every error code, and every
\`-ERR\` of a server. All times are milliseconds, all sizes bytes. A *link* is one connection to one server; an *outage* lasts
from the loss of a link until one stands again.`;

export const listening = `## How to listen

\`\`\`ts
import { connect, Events } from "holdfast";

const nc = await connect({
  servers: "10.0.0.1:4222",
  disconnectedCb: (error, { server }) => console.warn("lost", server, error?.message),
});
nc.on("reconnect", ({ server, downtime }) => console.info("back on", server, "after", downtime, "ms"));
nc.once(Events.Close, (error) => console.info("closed", error?.message ?? "on purpose"));
\`\`\`

- \`nc.on(name, listener)\` adds a listener, \`nc.once(name, listener)\` one that is called once, \`nc.off(name, listener)\` removes
  it. The names are typed; \`Events\` has them as constants.
- Callback options of \`connect()\` are in place before the first attempt, so they also see what happens until \`connect()\` returns.
  They get what the event's listeners get, and then the connection.
- \`for await (const status of nc.status())\` is nats.js's iterator, in nats.js's shape: see [Statuses](#statuses).
- \`node:diagnostics_channel\` has each event of every connection of the process on a channel of its own, such as \`holdfast:disconnect\`, with
  \`{ connection, args }\`; see [OpenTelemetry](observe/opentelemetry.md).
- Nobody has to listen, also not to \`error\`. A listener that throws, or returns a promise that rejects, harms nobody: the other
  listeners are called all the same, and the failure is told by the \`error\` event (that of a listener of \`error\`: by a warning of the
  process).`;

export const statusesIntro = `\`nc.status()\` can be called as often as wanted: each iterator yields what happens from its call on, and ends after
\`close\`. Of what nobody reads, the oldest is forgotten. Events have more fields, and there are more of them.`;
