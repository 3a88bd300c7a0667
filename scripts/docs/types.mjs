import { code, link, table } from "./markdown.mjs";

/** Types of the language and of Node, which nobody needs to be told about. */
const BUILT_IN = ["Array", "Error", "Promise", "Readonly", "Record", "Uint8Array"];

/** Types of ours and of nats-core that one calls rather than reads. */
const CALLED = ["Subscription"];

/** The types that the page speaks of: renders mentions of them, and keeps which ones need a section of their own. */
export class Types {
  /** @type {Map<string, { source: import("./source.mjs").Source, node: any }>} by name */
  #mentioned = new Map();
  #shown = new Set();
  #headings;

  /**
   * @param {import("./docstrings.mjs").Docstrings} docs
   * @param {Record<string, string>} headings of types whose section is called otherwise than the type
   */
  constructor(docs, headings) {
    this.docs = docs;
    this.#headings = headings;
  }

  /** A type as Markdown, with links to the types in it. */
  mention(source, node) {
    if (node.type === "TSUnionType")
      return node.types.map((part) => this.mention(source, part)).join(" \\| ");
    const core = node.type === "TSArrayType" ? node.elementType : node;
    if (core.type === "TSTypeReference" && !core.typeParameters) {
      const name = this.#know(source, core);
      return name === undefined
        ? code(source.text(node))
        : link(code(source.text(node)), this.#heading(name));
    }
    if (core.type === "TSTypeLiteral") source.fail(node, "an object type within a type: give it a name");
    for (const reference of core.typeParameters?.params ?? []) this.mention(source, reference);
    return code(source.text(node));
  }

  /** The declaration of a mentioned type, once: for the one who shows it. Undefined when it is shown already. */
  claim(name) {
    const found = this.#mentioned.get(name);
    if (found === undefined || this.#shown.has(name)) return undefined;
    this.#shown.add(name);
    return found;
  }

  /** Marks a type as shown elsewhere, under the heading it was given. */
  reserve(name) {
    this.#shown.add(name);
  }

  /** Sections of all types that were mentioned and are shown nowhere yet, and of those that they mention. */
  *sections(level) {
    for (const name of this.#mentioned.keys()) yield* this.section(name, level); // sees what is added meanwhile
  }

  /** The section of a mentioned type: none when it is shown already. */
  *section(name, level) {
    const found = this.claim(name);
    if (found === undefined) return;
    yield `${level} ${name}`;
    yield this.docs.block(found.source, found.node, name);
    yield this.describe(found, name);
  }

  /** The fields of an interface, or the values of a union. */
  describe({ source, node }, name) {
    const parent = node.extends?.find(({ expression }) => !BUILT_IN.includes(expression.name));
    if (parent !== undefined)
      source.fail(parent, `${name} has fields of another type: the page cannot show them`);
    if (node.type === "TSInterfaceDeclaration") return this.fields(source, node.body.body, name);
    if (node.type === "TSTypeAliasDeclaration") return this.#values(source, node, name);
    return source.fail(node, `${name} is neither an interface nor a union: the page cannot show it`);
  }

  /**
   * A table of fields.
   *
   * @param {any[]} members of an interface or an object type
   * @param {string} owner what their keys begin with
   */
  fields(source, members, owner) {
    const rows = members.map((member) => {
      if (member.type !== "TSPropertySignature" || !member.typeAnnotation)
        source.fail(member, `${owner} has a member that is not a plain field`);
      const name = member.key.name ?? member.key.value;
      const type = this.mention(source, member.typeAnnotation.typeAnnotation);
      const optional = member.optional ? " (optional)" : "";
      return [code(name), `${type}${optional}`, this.docs.line(source, member, `${owner}.${name}`)];
    });
    return table(["field", "type", "meaning"], rows);
  }

  /** A union of strings: a table when they have docstrings, a list when its own docstring speaks for all. */
  #values(source, node, name) {
    const values = node.typeAnnotation.types;
    if (!values?.every((value) => value.type === "TSLiteralType" && value.literal.type === "StringLiteral"))
      source.fail(node, `${name} is not a union of strings: the page cannot show it`);
    const shown = (value) => code(`"${value.literal.value}"`);
    const key = (value) => `${name}.${value.literal.value}`;
    if (!values.some((value) => this.docs.has(source, value, key(value))))
      return `One of ${values.map(shown).join(", ")}.`;
    return table(
      ["value", "meaning"],
      values.map((value) => [shown(value), this.docs.line(source, value, key(value))]),
    );
  }

  #heading(name) {
    return this.#headings[name] ?? name;
  }

  /** The name of a referenced type if it has a section; undefined if it needs none. */
  #know(source, reference) {
    const name = source.text(reference.typeName);
    if (BUILT_IN.includes(name) || CALLED.includes(name)) return undefined;
    const found = source.type(name);
    if (found === undefined) source.fail(reference, `the page does not know the type ${name}`);
    const known = this.#mentioned.get(name) ?? found;
    if (known.node !== found.node) source.fail(reference, `${name} is also a type of ${known.source.path}`);
    this.#mentioned.set(name, found);
    return name;
  }
}
