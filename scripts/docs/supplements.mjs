/**
 * What the docstrings of the sources leave out. Rather write a docstring there and remove the line here: the generator
 * fails as long as both are there.
 *
 * @type {Record<string, string>}
 */
export const supplements = {};
