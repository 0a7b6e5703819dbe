import { createHash, randomBytes } from 'node:crypto';
import { isUuid, readUuid, uuidv5, writeUuid } from './uuid';

test('version 5 gives the UUIDs of RFC 9562 and of other programs', () => {
  expect(uuidv5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
  expect(uuidv5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'python.org')).toBe('886313e1-3b8a-5372-9b90-0c9aee199e5d');
});

test('version 5 of any namespace and name is the SHA-1 with version and variant set', () => {
  for (let i = 0; i < 300; i++) {
    const namespace = readUuid(randomBytes(16), 0);
    const name = i % 2 ? String(i) : 'é'.repeat(i % 200);
    const bytes = createHash('sha1')
      .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
      .update(name)
      .digest()
      .subarray(0, 16);
    bytes[6] = (bytes[6]! & 0x0f) | 0x50;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    expect(uuidv5(namespace, name)).toBe(readUuid(bytes, 0));
  }
});

test('text and bytes correspond one to one, any other spelling is refused', () => {
  const bytes = Buffer.alloc(20);
  const text = '01234567-89ab-cdef-0123-456789abcdef';
  writeUuid(text, bytes, 4);
  expect(bytes.toString('hex')).toBe('000000000123456789abcdef0123456789abcdef');
  expect([readUuid(bytes, 4), isUuid(text)]).toEqual([text, true]);
  const wrong = [
    text.toUpperCase(),
    text.slice(1),
    `${text}0`,
    text.replaceAll('-', ''),
    text.replace('0', 'g'),
    text.replace('0', 'İ'),
    text.replace('-', '0'),
    '',
  ];
  for (const spelling of wrong) {
    expect(isUuid(spelling)).toBe(false);
    expect(() => writeUuid(spelling, bytes, 0)).toThrow('not a lower-case UUID');
  }
});
