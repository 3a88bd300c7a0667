import { callbacksByEvent } from "./callbacks.mjs";
import { code, link, table } from "./markdown.mjs";
import { statusesByEvent } from "./statuses.mjs";

const FILE = "src/client/events.ts";
const OWNER = "ConnectionEvents";
const heading = (name) => `Event: \`${name}\``;

/** Every event: when it comes, what its listeners get, and by which other ways it is told. */
export function* events(sources, docs, types) {
  const source = sources.open(FILE);
  const list = listOf(source);
  const constants = constantsByEvent(source);
  const callbacks = callbacksByEvent(sources);
  const statuses = statusesByEvent(sources);
  yield overview(list, { constants, callbacks, statuses });
  for (const { name, member, args } of list) {
    yield `### ${heading(name)}`;
    yield docs.block(source, member, `${OWNER}.${name}`);
    yield otherWays(name, constants, callbacks, statuses);
    yield signature(source, name, args, types);
    for (const arg of args) yield* fieldsOf(source, arg, `${OWNER}.${name}`, types);
    constants.delete(name);
    callbacks.delete(name);
    statuses.delete(name);
  }
  for (const [left, what] of [
    [constants, "Events"],
    [callbacks, "CallbackOptions"],
    [statuses, "the table of statuses"],
  ])
    for (const name of left.keys())
      throw new Error(`${FILE}: ${what} speaks of "${name}", which is no event`);
}

/** The members of `ConnectionEvents`, each with its arguments. */
function listOf(source) {
  const { node } = source.type(OWNER) ?? {};
  if (node?.type !== "TSInterfaceDeclaration") throw new Error(`${FILE}: ${OWNER} is not an interface`);
  return node.body.body.map((member) => {
    const tuple = member.typeAnnotation?.typeAnnotation;
    const named = tuple?.elementTypes?.every(({ type }) => type === "TSNamedTupleMember");
    if (!named) source.fail(member, `an event of ${OWNER} is not a list of named arguments`);
    const args = tuple.elementTypes.map(({ label, elementType }) => ({
      name: label.name,
      type: elementType,
    }));
    return { name: member.key.name, member, args };
  });
}

/** The names in `Events`, by event. */
function constantsByEvent(source) {
  const properties = source.value("Events").properties;
  return new Map(properties.map(({ key, value }) => [value.value, `Events.${key.name}`]));
}

function overview(list, { constants, callbacks, statuses }) {
  const rows = list.map(({ name, member, args }) => {
    if (!constants.has(name)) throw new Error(`${FILE}: ${member.key.name} is not in Events`);
    return [
      link(code(name), heading(name)),
      args.map((arg) => code(arg.name)).join(", "),
      code(constants.get(name)),
      callbacks.has(name) ? code(callbacks.get(name)) : "",
      statuses.has(name) ? code(statuses.get(name)) : "",
    ];
  });
  return table(["event", "arguments", "constant", "callback option", "in `nc.status()`"], rows);
}

/** How to listen, and the arguments in their order. */
function signature(source, name, args, types) {
  const call = code(`nc.on("${name}", (${args.map((arg) => arg.name).join(", ")}) => …)`);
  const lines = args.map(({ name, type }) => {
    const isPlain = type.type === "TSTypeLiteral";
    return `- ${code(name)}: ${isPlain ? "an object with the fields below" : types.mention(source, type)}`;
  });
  return `${call}\n\n${lines.join("\n")}`;
}

/** The fields of an argument, if they are shown nowhere else yet. */
function* fieldsOf(source, { type }, owner, types) {
  const core = type.type === "TSArrayType" ? type.elementType : type;
  if (core.type === "TSTypeLiteral") yield types.fields(source, core.members, owner);
  if (core.type === "TSTypeReference") yield* types.section(core.typeName.name, "####");
}

function otherWays(name, constants, callbacks, statuses) {
  const ways = [`Constant: ${code(constants.get(name))}`];
  if (callbacks.has(name)) ways.push(`callback option: ${code(callbacks.get(name))}`);
  ways.push(
    statuses.has(name)
      ? `in ${code("nc.status()")}: ${code(statuses.get(name))}`
      : `not in ${code("nc.status()")}`,
  );
  return `${ways.join("; ")}.`;
}
