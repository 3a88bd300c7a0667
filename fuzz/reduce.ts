/**
 * Makes a failing input smaller by leaving out parts of its texts and lists, as long as it fails in the same way. What
 * fast-check has shrunk is small in its generator's terms only: a mutation of a known text stays that text.
 *
 * @param fails whether a candidate fails as the input did
 * @param ms when to stop
 */
export async function reduce<T>(input: T, fails: (candidate: T) => Promise<boolean>, ms: number): Promise<T> {
  const end = performance.now() + ms;
  let best = input;
  for (let changed = true; changed && performance.now() < end; ) {
    changed = false;
    for (const path of pathsOf(best)) {
      const part = at(best, path);
      for (let size = sizeOf(part); size >= 1; size = Math.floor(size / 2)) {
        for (let from = 0; from < sizeOf(at(best, path)); ) {
          if (performance.now() >= end) return best;
          const candidate = put(best, path, without(at(best, path), from, size)) as T;
          if (await fails(candidate)) {
            best = candidate;
            changed = true;
          } else from += size;
        }
      }
    }
  }
  return best;
}

type Path = readonly (string | number)[];
type Parts = string | unknown[];

/** Where there are texts and lists, those on the outside first. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value === "string") return [path];
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.entries(value).flatMap(([key, part]) => pathsOf(part, [...path, key]));
  return Array.isArray(value) ? [path, ...inner] : inner;
}

/** Nothing, where a part further out has got shorter meanwhile. */
function at(value: unknown, path: Path): Parts {
  const found = path.reduce<unknown>(
    (outer, key) => (typeof outer === "object" && outer !== null ? Reflect.get(outer, key) : undefined),
    value,
  );
  return typeof found === "string" || Array.isArray(found) ? found : "";
}

function sizeOf(part: Parts): number {
  return part.length;
}

function without(part: Parts, from: number, size: number): Parts {
  if (typeof part === "string") return part.slice(0, from) + part.slice(from + size);
  return part.toSpliced(from, size);
}

function put(value: unknown, [key, ...rest]: Path, part: unknown): unknown {
  if (key === undefined) return part;
  const inner = put(Reflect.get(value as object, key), rest, part);
  if (Array.isArray(value)) return value.with(Number(key), inner);
  return { ...(value as object), [key]: inner };
}
