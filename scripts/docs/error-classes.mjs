import { walk } from "./walk.mjs";

const FILE = "src/interop/errors.ts";

/**
 * Which class of nats-core the error of a code is an instance of: read from `create`, `isFrequent`, `publicError` and `requestError`.
 *
 * @param {string[]} codes all codes
 * @returns {Map<string, { name: string, cause?: string, hasStack?: false, request?: { name: string, cause?: string } }>}
 *   `cause`: the class of its `cause`, where that is fixed; `request`: where it is another when a request fails
 */
export function errorClasses(sources, codes) {
  const source = sources.open(FILE);
  const classes = created(source, codes);
  const frequent = { name: superclassOf(source, stackless(source)), hasStack: false };
  for (const code of comparedCodes(source, source.value("isFrequent"))) classes.set(code, frequent);
  for (const [code, request] of forRequests(source)) {
    const usual = classes.get(code);
    classes.set(code, { ...usual, request: { ...request, cause: request.cause && usual.name } });
  }
  return classes;
}

/** The switch of `create`. */
function created(source, codes) {
  const create = source.value("create");
  const choice = create.body.body.find(({ type }) => type === "SwitchStatement");
  if (choice === undefined) source.fail(create, "create() has no switch any more");
  const classes = new Map();
  let waiting = [];
  for (const one of choice.cases) {
    waiting.push(
      ...(one.test === null ? codes.filter((code) => !classes.has(code)) : [codeOf(source, one.test, codes)]),
    );
    if (one.consequent.length === 0) continue;
    const made = one.consequent[0].argument;
    if (one.consequent.length !== 1 || made?.type !== "NewExpression")
      source.fail(one, "a case of create() does not just return a new error");
    for (const code of waiting) classes.set(code, classOf(made));
    waiting = [];
  }
  for (const code of codes) if (!classes.has(code)) source.fail(choice, `create() has no class for ${code}`);
  return classes;
}

function codeOf(source, test, codes) {
  if (!codes.includes(test.value))
    source.fail(test, `create() has a case that is no code: ${source.text(test)}`);
  return test.value;
}

/** The class of `new X(…, { cause: … })`; its `cause` counts when it is made on the spot. */
function classOf(made) {
  const options = made.arguments.find(({ type }) => type === "ObjectExpression");
  const cause = options?.properties.find(({ key }) => key?.name === "cause");
  let inner;
  if (cause !== undefined)
    walk(cause.value, (node) => {
      if (node.type === "NewExpression") inner = node.callee.name;
      if (node.type === "CallExpression" && node.callee.name === "publicError") inner = "the usual one";
    });
  return { name: made.callee.name, ...(inner && { cause: inner }) };
}

/** The class that `publicError` makes `withoutStack`. */
function stackless(source) {
  const where = source.value("publicError");
  let name;
  walk(where, (node) => {
    if (node.type === "CallExpression" && node.callee.name === "withoutStack") name = node.arguments[0].name;
  });
  return name ?? source.fail(where, "publicError() makes nothing withoutStack() any more");
}

function superclassOf(source, name) {
  const parent = source.type(name)?.node.superClass?.name;
  if (parent === undefined) throw new Error(`${FILE}: ${name} extends no class`);
  return parent;
}

/** The codes in `code === "A" || code === "B"`. */
function comparedCodes(source, where) {
  const codes = [];
  walk(where, ({ type, operator, right }) => {
    if (type === "BinaryExpression" && operator === "===") codes.push(right.value);
  });
  if (codes.length === 0 || codes.includes(undefined))
    source.fail(where, "it does not compare codes any more");
  return codes;
}

/** What `requestError` makes of which code. */
function forRequests(source) {
  const where = source.value("requestError");
  const found = [];
  for (const statement of where.body.body) {
    if (statement.type !== "IfStatement") continue;
    const codes = comparedCodes(source, statement.test);
    let made;
    walk(statement.consequent, (node) => {
      if (node.type === "NewExpression") made ??= node;
    });
    if (made === undefined) source.fail(statement, "requestError() does not make a new error here");
    for (const code of codes) found.push([code, classOf(made)]);
  }
  return found;
}
