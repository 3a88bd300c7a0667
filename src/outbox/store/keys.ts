/** The two tables that share one tree: a head lies apart from its body, so that all heads are read without touching a body. */
export const HEADS = 1;
export const BODIES = 2;
export type Table = typeof HEADS | typeof BODIES;

export const KEY_BYTES = 9;

/** Keys sort as their numbers do: the table, then the number, the highest byte first. */
export function keyOf(table: Table, id: number): Buffer {
  const key = Buffer.allocUnsafe(KEY_BYTES);
  key.writeUInt8(table, 0);
  key.writeUInt32BE(Math.floor(id / 2 ** 32), 1);
  key.writeUInt32BE(id % 2 ** 32, 5);
  return key;
}

export function idOf(key: Buffer): number {
  return key.readUInt32BE(1) * 2 ** 32 + key.readUInt32BE(5);
}

/** Whether a key is one that {@link keyOf} makes. */
export function isKey(key: Buffer): boolean {
  if (key.length !== KEY_BYTES || (key[0] !== HEADS && key[0] !== BODIES)) return false;
  const id = idOf(key);
  return id > 0 && id <= Number.MAX_SAFE_INTEGER;
}
