/** A message: which life of the publisher has sent it, and the how-manyth of that life it is. */
export interface Name {
  readonly life: number;
  readonly sequence: number;
}

/** The payload of a message: its name, filled up to `size` bytes. */
export function payloadOf({ life, sequence }: Name, size: number): string {
  return `${life}.${sequence}.`.padEnd(size, "x");
}

/** The name in a payload; undefined when it is not one of ours. */
export function nameIn(payload: string): Name | undefined {
  const found = /^(\d{1,9})\.(\d{1,15})\.x*$/.exec(payload);
  return found === null ? undefined : { life: Number(found[1]), sequence: Number(found[2]) };
}
