/**
 * UUIDs as the 16 bytes that frames hold, and name-based UUIDs (RFC 9562, version 5). The text form is lower-case with hyphens, so that text
 * and bytes correspond one to one; any other spelling is a defect of the caller. Deliberately absent: random ids, which belong to the border.
 */
import { hash } from 'node:crypto';

/** Values of the characters 0-9 and a-f, by UTF-16 unit; -1 for all others. */
const NIBBLE = new Int8Array(0x1_0000).fill(-1);
for (let value = 0; value < 16; value++) NIBBLE[value.toString(16).charCodeAt(0)] = value;
const HYPHEN = '-'.charCodeAt(0);
const namespaceAndName = Buffer.alloc(512);

/** Whether the text is a UUID in the one spelling that is stored: lower-case, with hyphens. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text);
}

/** Writes the 16 bytes of a UUID. Throws for any text that is not lower-case 8-4-4-4-12. */
export function writeUuid(text: string, target: Uint8Array, offset: number): void {
  if (text.length !== 36) throw new Error(`not a lower-case UUID: ${text}`);
  let from = 0;
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) {
      if (text.charCodeAt(from) !== HYPHEN) throw new Error(`not a lower-case UUID: ${text}`);
      from++;
    }
    const byte = (NIBBLE[text.charCodeAt(from)]! << 4) | NIBBLE[text.charCodeAt(from + 1)]!;
    if (byte < 0) throw new Error(`not a lower-case UUID: ${text}`);
    target[offset + i] = byte;
    from += 2;
  }
}

/** Writes the bytes of lower-case hex text. Throws for any other text or length. */
export function writeHex(text: string, byteLength: number, target: Uint8Array, offset: number): void {
  if (text.length !== byteLength * 2) throw new Error(`not ${byteLength} bytes of lower-case hex: ${text}`);
  for (let i = 0; i < byteLength; i++) {
    const byte = (NIBBLE[text.charCodeAt(2 * i)]! << 4) | NIBBLE[text.charCodeAt(2 * i + 1)]!;
    if (byte < 0) throw new Error(`not ${byteLength} bytes of lower-case hex: ${text}`);
    target[offset + i] = byte;
  }
}

export function readUuid(bytes: Buffer, offset: number): string {
  return hyphenate(bytes.toString('hex', offset, offset + 16));
}

/** The UUIDv5 of an ASCII or UTF-8 name of at most 496 bytes within a namespace that is itself a UUID. */
export function uuidv5(namespace: string, name: string): string {
  writeUuid(namespace, namespaceAndName, 0);
  const length = Buffer.byteLength(name);
  if (length > namespaceAndName.length - 16) throw new Error(`a UUID name of ${length} bytes; at most ${namespaceAndName.length - 16}`);
  namespaceAndName.write(name, 16);
  const hex = hash('sha1', namespaceAndName.subarray(0, 16 + length), 'hex');
  const variant = ((NIBBLE[hex.charCodeAt(16)]! & 3) | 8).toString(16);
  return hyphenate(`${hex.slice(0, 12)}5${hex.slice(13, 16)}${variant}${hex.slice(17, 32)}`);
}

function hyphenate(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
