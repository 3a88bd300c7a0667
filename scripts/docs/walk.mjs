/**
 * Visits a node and everything below it.
 *
 * @param {any} node
 * @param {(node: any, above: any[]) => void} visit gets the nodes above as well, the outermost first
 */
export function walk(node, visit, above = []) {
  visit(node, above);
  const inside = [...above, node];
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === "string" && child.loc) walk(child, visit, inside);
    }
  }
}
