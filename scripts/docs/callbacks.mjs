/** The callback options: which one listens to which event. */
export function callbacksByEvent(sources) {
  const source = sources.open("src/client/callbacks.ts");
  const { node } = source.type("CallbackOptions") ?? {};
  if (node?.type !== "TSInterfaceDeclaration")
    throw new Error(`${source.path}: CallbackOptions is not an interface`);
  const byEvent = new Map();
  for (const member of node.body.body) {
    const type = member.typeAnnotation?.typeAnnotation;
    const event = type?.typeParameters?.params[0]?.literal?.value;
    if (event === undefined) source.fail(member, 'a callback option is not an EventCallback<"…">');
    if (byEvent.has(event)) source.fail(member, `a second callback option for "${event}"`);
    byEvent.set(event, member.key.name);
  }
  return byEvent;
}
