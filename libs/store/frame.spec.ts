import { createHash } from 'node:crypto';
import { ByteSlice, decode, HASH_BYTES } from './frame';
import { FrameWriter } from './frame-writer';
import type { NewEvent } from './port';

const place = {
  stream: 'price-btc',
  recordedAt: 1_700_000_000_000_000_001n,
  commandId: '00112233-4455-6677-8899-aabbccddeeff',
  digest: '0f'.repeat(16),
};
const events: NewEvent[] = [
  {
    eventId: '01234567-89ab-cdef-0123-456789abcdef',
    type: 'PriceTicked',
    at: 1_609_459_260_000_000_000n,
    data: '{"price":"29000.00"}',
    metadata: '{"actor":"a"}',
  },
  { eventId: 'ffffffff-ffff-ffff-ffff-ffffffffffff', type: 'Ähnlich', at: -1n, data: '{"é":"🎉"}', metadata: '{}' },
];

function written(position: number, revision: number): Buffer {
  const writer = new FrameWriter();
  writer.restart(Buffer.alloc(HASH_BYTES));
  events.forEach((event, index) =>
    writer.write({ ...place, position: position + index, revision: revision + index, commandIndex: index }, event),
  );
  return Buffer.from(writer.bytes);
}

test('the bytes of a frame are those that its layout says', () => {
  const bytes = written(2 ** 40 + 1, 7);
  const header = [
    '01 09 0b 00', // version, stream name of 9 bytes, type of 11
    'b9 00 00 00', // 132 + 9 + 11 + 20 + 13 = 185 bytes
    '14 00 00 00 0d 00 00 00', // 20 bytes of data, 13 of metadata
    '01 00 00 00 00 01 00 00 07 00 00 00 00 00 00 00', // position 2^40 + 1, revision 7
  ].join(' ');
  expect(bytes.subarray(32, 64).toString('hex')).toBe(header.replaceAll(' ', ''));
  expect([bytes.readBigInt64LE(64), bytes.readBigInt64LE(72)]).toEqual([events[0]!.at, place.recordedAt]);
  expect(bytes.subarray(80, 132).toString('hex')).toBe(
    '0123456789abcdef0123456789abcdef' + '00112233445566778899aabbccddeeff' + '0f'.repeat(16) + '00000000',
  );
  expect(bytes.subarray(132, 185).toString()).toBe('price-btcPriceTicked{"price":"29000.00"}{"actor":"a"}');
  const first = createHash('sha256').update(Buffer.alloc(32)).update(bytes.subarray(32, 185)).digest();
  expect(bytes.subarray(185, 217).equals(first)).toBe(true);
  const second = createHash('sha256').update(first).update(bytes.subarray(217, -32)).digest();
  expect(bytes.subarray(-32).equals(second)).toBe(true);
});

test('a golden frame keeps its hash: the format of version 1 never changes', () => {
  expect(written(0, 0).subarray(-32).toString('hex')).toBe('fc02b4ee0c1b1718c4e924ca8a527b5f62b8a5f7b8dac77a1142f3d134e92c58');
});

test('frames give every field back, from any position on', () => {
  const bytes = written(5, 3);
  const slice = new ByteSlice(bytes, HASH_BYTES, 5, 'price-btc', 3, 2);
  const decoded = Array.from(slice.frames(), decode);
  expect(decoded).toEqual(
    events.map((event, index) => ({ ...event, ...place, position: 5 + index, revision: 3 + index, commandIndex: index })),
  );
  expect(Array.from(slice.frames(6), decode)).toEqual(decoded.slice(1));
  expect(Array.from(slice.frames(0, 5), decode)).toEqual(decoded.slice(0, 1));
  expect([...slice.frames(7), ...slice.frames(0, 4)]).toEqual([]);
  const [last] = slice.frames(6);
  expect([last!.hash, last!.atMillis, last!.atSubNanos]).toEqual([bytes.subarray(-32).toString('hex'), -1, 999_999]);
  expect([slice.cut(6, 9)!.position, slice.cut(6, 9)!.revision, slice.cut(6, 9)!.count, slice.cut(7, 9)]).toEqual([6, 4, 1, undefined]);
  expect(Array.from(slice.cut(6, 9)!.frames(), decode)).toEqual(decoded.slice(1));
});
