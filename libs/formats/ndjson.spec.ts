import { PassThrough, Readable } from 'node:stream';
import { MAX_NDJSON_LINE_BYTES, type NdjsonLine, readNdjson } from './ndjson';

async function lines(...chunks: (string | Buffer)[]): Promise<NdjsonLine[]> {
  const found: NdjsonLine[] = [];
  for await (const line of readNdjson('-', { stdin: Readable.from(chunks.map((chunk) => Buffer.from(chunk))) })) found.push(line);
  return found;
}

describe('NDJSON lines', () => {
  it('are numbered from 1; blank ones are left out but counted; CRLF and a missing last ending are fine', async () => {
    expect(await lines('{"a":1}\r\n\n  \r\n{"b":2}\n{"c":', '3}')).toEqual([
      { line: 1, text: '{"a":1}' },
      { line: 4, text: '{"b":2}' },
      { line: 5, text: '{"c":3}' },
    ]);
  });

  it('are none in an empty file; a byte order mark is no part of the first', async () => {
    expect(await lines()).toEqual([]);
    expect(await lines('\ufeff{}\n\ufeff{}\n')).toEqual([
      { line: 1, text: '{}' },
      { line: 2, text: '\ufeff{}' },
    ]);
  });

  it('survive a character cut between two chunks, and bad UTF-8 refuses its own line only', async () => {
    const euro = Buffer.from('"€"\n');
    expect(await lines(euro.subarray(0, 2), euro.subarray(2), Buffer.from([0x22, 0xff, 0x22, 0x0a]), '{}')).toEqual([
      { line: 1, text: '"€"' },
      { line: 2, refusal: { refused: 'MalformedLine', rule: 'must be valid UTF-8', value: '"\\"ÿ\\""' } },
      { line: 3, text: '{}' },
    ]);
  });

  it('may be a mebibyte long and not a byte more, whatever they end in', async () => {
    const longest = 'x'.repeat(MAX_NDJSON_LINE_BYTES);
    const found = await lines(
      `${longest}\n${longest}\r\n`,
      `${longest}y\n`,
      longest,
      longest,
      longest,
      '\nlast\n',
      longest.slice(0, 300),
      '!',
    );
    expect(found.map(({ line, text, refusal }) => [line, text?.length ?? refusal?.rule])).toEqual([
      [1, 1_048_576],
      [2, 1_048_576],
      [3, 'must have at most 1048576 bytes'],
      [4, 'must have at most 1048576 bytes'],
      [5, 4],
      [6, 301],
    ]);
  });

  it('come while the writer still writes', async () => {
    const stdin = new PassThrough();
    const reading = readNdjson('-', { stdin });
    stdin.write('{"first":1}\n{"sec');
    expect(await reading.next()).toEqual({ done: false, value: { line: 1, text: '{"first":1}' } });
    stdin.end('ond":2}\n');
    expect(await reading.next()).toEqual({ done: false, value: { line: 2, text: '{"second":2}' } });
    expect((await reading.next()).done).toBe(true);
  });
});
