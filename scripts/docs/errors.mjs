import { errorClasses } from "./error-classes.mjs";
import { code, table } from "./markdown.mjs";

const FILE = "src/errors.ts";

/** All codes with their meaning and their class. */
export function codeTable(sources, docs) {
  const source = sources.open(FILE);
  const codes = source.value("ErrorCode").properties.map((property) => {
    if (property.key.name !== property.value.value)
      source.fail(property, "a code is called otherwise than its value");
    return { name: property.key.name, property };
  });
  const classes = errorClasses(
    sources,
    codes.map(({ name }) => name),
  );
  const again = new Set(source.value("RETRYABLE").arguments[0].elements.map(({ value }) => value));
  const rows = codes.map(({ name, property }) => [
    code(name),
    docs.line(source, property, `ErrorCode.${name}`),
    again.has(name) ? "yes" : "",
    classText(classes.get(name)),
  ]);
  return table(["code", "when", "retryable", "class"], rows);
}

/** The docstring of `ErrorCode`. */
export function codeDoc(sources, docs) {
  const source = sources.open(FILE);
  return docs.block(source, source.statement("ErrorCode"), "ErrorCode");
}

function classText({ name, cause, hasStack, request }) {
  const text = hasStack === false ? `${code(name)} without a stack` : withCause(name, cause);
  return request === undefined ? text : `${text}; of a request: ${withCause(request.name, request.cause)}`;
}

const withCause = (name, cause) =>
  cause === undefined ? code(name) : `${code(name)} with a ${code(cause)} as its ${code("cause")}`;
