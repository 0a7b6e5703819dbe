import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { type Progress, Source, type SourceOptions } from './source';

const dir = mkdtempSync(join(tmpdir(), 'navledger-source-'));
afterAll(() => rmSync(dir, { recursive: true }));

function file(name: string, bytes: Buffer | string): string {
  const path = join(dir, name);
  writeFileSync(path, bytes);
  return path;
}

async function read(path: string, options?: SourceOptions): Promise<{ text: string; sha256: string }> {
  const source = new Source(path, options);
  const chunks: Buffer[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return { text: Buffer.concat(chunks).toString(), sha256: source.sha256 };
}

const TEXT = 'a line of text\n'.repeat(100_000);
const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

describe('a source', () => {
  it('yields a plain file and the digest of its bytes', async () => {
    expect(await read(file('plain', TEXT))).toEqual({ text: TEXT, sha256: sha256(TEXT) });
  });

  it('knows gzip by its first bytes, not by its name, and digests the compressed bytes', async () => {
    const gz = gzipSync(TEXT);
    expect(await read(file('packed.csv', gz))).toEqual({ text: TEXT, sha256: sha256(gz) });
    expect((await read(file('plain.csv.gz', TEXT))).text).toBe(TEXT);
  });

  it('reads gzip members one after the other', async () => {
    expect((await read(file('members.gz', Buffer.concat([gzipSync('one\n'), gzipSync('two\n')])))).text).toBe('one\ntwo\n');
  });

  it('refuses gzip data truncated anywhere', async () => {
    const gz = gzipSync(TEXT);
    for (const length of [4, 9, 11, Math.floor(gz.length / 2), gz.length - 5, gz.length - 1]) {
      const path = file('cut.gz', gz.subarray(0, length));
      await expect(read(path)).rejects.toMatchObject({
        refusal: { refused: 'InvalidFile', field: path, rule: 'its gzip data is truncated', detail: { file: path } },
      });
    }
  });

  it('refuses gzip data with a flipped bit, and gzip data followed by anything else', async () => {
    const gz = gzipSync(TEXT);
    const flipped = Buffer.from(gz);
    flipped[gz.length - 6]! ^= 1;
    await expect(read(file('flipped.gz', flipped))).rejects.toMatchObject({ refusal: { rule: 'its gzip data is corrupt' } });
    for (const more of [
      Buffer.from('more'),
      Buffer.alloc(3_000_000, 'x'),
      Buffer.alloc(512),
      Buffer.alloc(3_000_000),
      gz.subarray(0, 20),
    ]) {
      await expect(read(file('more.gz', Buffer.concat([gz, more])))).rejects.toThrow(
        /its gzip data is (corrupt|truncated)|has other bytes after the end of its gzip data/,
      );
    }
  });

  it('refuses a missing file, a directory and a zip archive by name', async () => {
    await expect(read(join(dir, 'absent'))).rejects.toThrow(`InvalidFile: ${join(dir, 'absent')}: there is no such file`);
    await expect(read(dir)).rejects.toThrow(`InvalidFile: ${dir}: is a directory`);
    await expect(read(file('a.zip', 'PK\x03\x04 and so on'))).rejects.toThrow('is a zip archive');
  });

  it('reports progress against the size of the file as it stands on disk', async () => {
    const gz = gzipSync(TEXT);
    const seen: Progress[] = [];
    await read(file('progress.gz', gz), { onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toEqual({ bytes: gz.length, total: gz.length });
  });

  it('reads standard input, in chunks however small, gzipped or not, with no total', async () => {
    const bytes = [...gzipSync('a\nb\n')].map((byte) => Buffer.from([byte]));
    const seen: Progress[] = [];
    expect((await read('-', { stdin: Readable.from(bytes), onProgress: (progress) => seen.push(progress) })).text).toBe('a\nb\n');
    expect(seen.at(-1)).toEqual({ bytes: bytes.length });
    expect(await read('-', { stdin: Readable.from([Buffer.from('x')]) })).toEqual({ text: 'x', sha256: sha256('x') });
    expect((await read('-', { stdin: Readable.from([]) })).text).toBe('');
  });

  it('stops at once when aborted, even while it waits for input', async () => {
    const silent = new PassThrough();
    const abort = new AbortController();
    const waiting = read('-', { stdin: silent, signal: abort.signal });
    setTimeout(() => abort.abort(new Error('interrupted')), 20);
    await expect(waiting).rejects.toThrow('interrupted');
    expect(silent.destroyed).toBe(true);

    const during = new AbortController();
    const path = file('long.gz', gzipSync(TEXT));
    await expect(read(path, { signal: during.signal, onProgress: () => during.abort(new Error('enough')) })).rejects.toThrow('enough');
    await expect(read(path, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  });

  it('has no digest before it was read to its end', async () => {
    const source = new Source(file('half', TEXT));
    for await (const chunk of source) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    expect(() => source.sha256).toThrow('was not read to its end');
  });
});
