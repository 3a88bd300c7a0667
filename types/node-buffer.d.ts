// Methods that every supported Node has on `Buffer` and @types/node 20 leaves out: they skip the parsing of an
// encoding's name on the hot path.
interface Buffer {
  latin1Slice(start?: number, end?: number): string;
  utf8Slice(start?: number, end?: number): string;
  latin1Write(text: string, offset?: number, length?: number): number;
  utf8Write(text: string, offset?: number, length?: number): number;
}
