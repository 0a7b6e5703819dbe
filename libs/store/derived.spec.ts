import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '../../test/support/temp';
import { DerivedFile } from './derived';
import { openDatabase } from './embedded/driver';

const options = { version: '1', storeId: 'a store' };
const blob = (key: string, text: string) => ({ space: 'tape', key, bytes: Buffer.from(text) });

/** A closed file with blobs a and b at checkpoint `{"position":1}`. */
function made(): string {
  const dir = tempDir();
  const file = DerivedFile.open(dir, options);
  expect(file.commit([blob('b', 'bee'), blob('a', 'ay')], '{"position":1}', undefined)).toBe(true);
  file.close();
  return dir;
}

function content(dir: string, opened = options): unknown[] {
  const file = DerivedFile.open(dir, opened);
  const all = [file.file !== undefined, file.checkpoint(), ...file.list('tape').map((key) => `${key}=${String(file.get('tape', key))}`)];
  file.close();
  return all;
}

test('blobs and their checkpoint are there again when the file is opened again', () => {
  const dir = made();
  expect(content(dir)).toEqual([true, '{"position":1}', 'a=ay', 'b=bee']);
  const file = DerivedFile.open(dir, options);
  expect(
    file.commit([blob('c', ''), blob('a', 'ay2'), { space: 'tape', key: 'b' }, { space: 'tape', key: 'none' }], '2', '{"position":1}'),
  ).toBe(true);
  expect([file.get('tape', 'b'), file.get('other', 'a'), file.list('other')]).toEqual([undefined, undefined, []]);
  file.close();
  expect(content(dir)).toEqual([true, '2', 'a=ay2', 'c=']);
});

test('of two processes the one that comes second with the same checkpoint changes nothing', () => {
  const dir = made();
  const [one, two] = [DerivedFile.open(dir, options), DerivedFile.open(dir, options)];
  expect(one.commit([blob('a', 'one')], '2', '{"position":1}')).toBe(true);
  expect(two.commit([blob('a', 'two')], '2b', '{"position":1}')).toBe(false);
  expect(two.commit([blob('a', 'two')], '2b', undefined)).toBe(false);
  expect([two.checkpoint(), String(two.get('tape', 'a'))]).toEqual(['2', 'one']);
  expect(two.commit([], '3', '2')).toBe(true);
  expect(two.clear()).toBe(true);
  expect([one.checkpoint(), one.list('tape')]).toEqual([undefined, []]);
  one.close();
  two.close();
});

test('changes that throw half way leave everything as it was', () => {
  const dir = made();
  const file = DerivedFile.open(dir, options);
  const broken = function* () {
    yield blob('a', 'new');
    throw new Error('no more');
  };
  expect(() => file.commit(broken(), '2', '{"position":1}')).toThrow('no more');
  expect([file.checkpoint(), String(file.get('tape', 'a'))]).toEqual(['{"position":1}', 'ay']);
  expect(file.commit([], '2', '{"position":1}')).toBe(true);
  file.close();
});

test('another version, another store, another program and damage start anew', () => {
  expect(content(made(), { ...options, version: '2' })).toEqual([true, undefined]);
  expect(content(made(), { ...options, storeId: 'another' })).toEqual([true, undefined]);
  const text = tempDir();
  writeFileSync(join(text, 'derived.db'), 'not a database\n'.repeat(1000));
  expect(content(text)).toEqual([true, undefined]);
  const foreign = tempDir();
  const db = openDatabase(join(foreign, 'derived.db'));
  db.exec('CREATE TABLE t(a)');
  db.close();
  expect(content(foreign)).toEqual([true, undefined]);
  expect(content(foreign)).toEqual([true, undefined]);
});

test('a blob whose bytes have changed is reported as such', () => {
  const dir = tempDir();
  const file = DerivedFile.open(dir, options);
  file.commit([blob('a', 'marker-a'), blob('b', 'fine')], '1', undefined);
  const db = openDatabase(join(dir, 'derived.db'));
  db.exec("UPDATE blob SET bytes = x'00' WHERE key = 'a'");
  expect([file.get('tape', 'a'), String(file.get('tape', 'b'))]).toEqual(['mismatch', 'fine']);
  file.close();
});

test('a truncated file is never read as if it were whole, and is made anew in the end', () => {
  const dir = tempDir();
  const file = DerivedFile.open(dir, options);
  file.commit([blob('a', 'x'.repeat(100_000)), blob('b', 'y'.repeat(100_000))], '1', undefined);
  file.close();
  const db = openDatabase(join(dir, 'derived.db'));
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
  truncateSync(join(dir, 'derived.db'), Math.floor(readFileSync(join(dir, 'derived.db')).length / 2 / 4096) * 4096);
  const again = DerivedFile.open(dir, options);
  for (const key of ['a', 'b']) expect(['mismatch', undefined]).toContain(again.get('tape', key));
  again.close();
  for (let attempt = 0, done = false; !done && attempt < 2; attempt++) {
    const file = DerivedFile.open(dir, options);
    done = file.commit([blob('a', 'ay'), blob('b', 'bee')], '2', file.checkpoint());
    file.close();
  }
  expect(content(dir)).toEqual([true, '2', 'a=ay', 'b=bee']);
});

test('where no file can be made the blobs are in memory', () => {
  const dir = tempDir();
  mkdirSync(join(dir, 'derived.db'));
  const file = DerivedFile.open(dir, options);
  expect(file.file).toBeUndefined();
  expect(file.commit([blob('a', 'ay')], '1', undefined)).toBe(true);
  expect([file.checkpoint(), String(file.get('tape', 'a'))]).toEqual(['1', 'ay']);
  file.close();
  expect(content(join(dir, 'nowhere'))).toEqual([false, undefined]);
});
