/**
 * What a count of bytes is made with, before it is set to 0. V8 keeps a field as a small integer until it passes 2^31; then it throws away all
 * code that has seen an object of that kind, which is most of this client, and for half a second everything is slow. A field that has
 * held this is kept as a double from the start.
 */
export const WIDE = 2 ** 53;
