/**
 * The path of a request's URL: without its query and without one slash at its end. Nothing is decoded, joined or resolved: a path that is
 * spelt in another way is another path. Undefined when there is none (`*`, or a whole URL as proxies send it).
 */
export function pathOf(url: string | undefined): string | undefined {
  if (url === undefined || !url.startsWith("/")) return undefined;
  const query = url.indexOf("?");
  const path = query === -1 ? url : url.slice(0, query);
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

/** The query of a request's URL. */
export function queryOf(url: string): URLSearchParams {
  const query = url.indexOf("?");
  return new URLSearchParams(query === -1 ? "" : url.slice(query + 1));
}
