import { code, link, table } from "./markdown.mjs";
import { walk } from "./walk.mjs";

/** The event behind each status of nats.js; for a status without one, what it tells. */
const STATUSES = {
  disconnect: { event: "disconnect" },
  reconnect: { event: "reconnect" },
  reconnecting: { event: "reconnecting" },
  update: { event: "update" },
  ldm: { event: "lameDuck" },
  error: { event: "error" },
  slowConsumer: { event: "slowConsumer" },
  close: { event: "close" },
  ping: { tells: "A PING looks for life; `pendingPings` have had no answer so far." },
  staleConnection: { tells: "The link is given up because there was no sign of life; `disconnect` follows." },
  forceReconnect: { tells: "The application has called `nc.reconnect()`." },
};

/** The name of the status that an event shows up as, by event. */
export function statusesByEvent(sources) {
  check(sources);
  return new Map(
    Object.entries(STATUSES).flatMap(([status, { event }]) => (event === undefined ? [] : [[event, status]])),
  );
}

/** All statuses: their fields as nats-core declares them, and what they tell. */
export function statusTable(sources, types) {
  const rows = declared(sources).map(({ name, source, fields }) => {
    const { event, tells } = STATUSES[name];
    const shown = fields.map(
      ({ key, typeAnnotation }) =>
        `${code(key.name)}: ${types.mention(source, typeAnnotation.typeAnnotation)}`,
    );
    return [code(name), shown.join(", "), tells ?? `Event ${link(code(event), `Event: \`${event}\``)}.`];
  });
  return table(["`type`", "other fields", "what it tells"], rows);
}

/** Fails unless the table has the statuses that nats-core declares and those that we push, with the events beside them. */
function check(sources) {
  const known = Object.keys(STATUSES).sort().join();
  const names = (list) => [...new Set(list.map(({ name }) => name))].sort().join();
  const pushes = ["src/client/reporter.ts", "src/client/status.ts"].flatMap((path) =>
    pushed(sources.open(path)),
  );
  for (const [found, where] of [
    [names(declared(sources)), "Status of nats-core has"],
    [names(pushes), "the reporter pushes"],
  ])
    if (found !== known) throw new Error(`scripts/docs/statuses.mjs knows ${known}; ${where} ${found}`);
  for (const { source, node, name, emitted } of pushes) {
    const { event } = STATUSES[name];
    if (emitted.length > 0 && !emitted.includes(event))
      source.fail(node, `status "${name}" belongs to ${emitted}; scripts/docs/statuses.mjs has ${event}`);
  }
}

/** The members of nats-core's `Status`. */
function declared(sources) {
  const union = sources.open("src/interop/nats-core.ts").type("Status");
  return union.node.typeAnnotation.types.map((reference) => {
    const { source, node } = union.source.type(reference.typeName.name);
    const { members } = node.typeAnnotation;
    const type = members.find(({ key }) => key.name === "type");
    const fields = members.filter((member) => member !== type);
    return { name: type.typeAnnotation.typeAnnotation.literal.value, source, fields };
  });
}

/** Every `push({ type: … })`, with the events that are emitted in the same case or method. */
function pushed(source) {
  const found = [];
  for (const statement of source.body) {
    walk(statement, (node, units) => {
      const unit = units.findLast(({ type }) => type === "SwitchCase" || type === "ClassMethod");
      const type = statusOf(node, unit);
      if (type !== undefined) found.push({ source, node, name: type, emitted: emittedIn(unit) });
    });
  }
  return found;
}

function statusOf(node, unit) {
  if (node.type !== "CallExpression" || node.callee.property?.name !== "push") return undefined;
  const type = node.arguments[0]?.properties?.find(({ key }) => key?.name === "type");
  if (type === undefined) return undefined;
  return type.shorthand ? unit?.test?.value : type.value.value; // `type` is what the case is about
}

function emittedIn(unit) {
  const events = [];
  walk(unit, (node) => {
    if (node.type !== "CallExpression" || node.callee.property?.name !== "emit") return;
    const [name] = node.arguments;
    events.push(name.type === "StringLiteral" ? name.value : unit.test?.value);
  });
  return events;
}
