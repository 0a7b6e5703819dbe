/** Price files of a few lines, written, read and shown as text. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatInstant } from '../../libs/domain/instant';
import { type PriceFile, type PriceFileOptions, readPrices } from '../../libs/formats/prices';

export type Options = Partial<PriceFileOptions> & Pick<PriceFileOptions, 'format'>;

export const folder = mkdtempSync(join(tmpdir(), 'navledger-prices-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Reads the content (an array is lines) as the file f.csv, at price scale 2 unless told otherwise. */
export async function read(content: string | string[] | Buffer, options: Options): Promise<PriceFile> {
  const path = join(folder, 'f.csv');
  writeFileSync(path, Array.isArray(content) ? content.map((line) => `${line}\n`).join('') : content);
  return readPrices(path, { priceScale: 2, ...options });
}

/** "time price" a row. */
export function ticks({ prices }: PriceFile): string[] {
  return Array.from({ length: prices.count }, (_, i) => `${formatInstant(prices.at(i))} ${prices.priceText(i)}`);
}

export async function ticksOf(content: string[], options: Options): Promise<string[]> {
  return ticks(await read(content, options));
}

/** The refusal's one line, without the folder; "accepted" when there is none. */
export async function refusalOf(content: string | string[] | Buffer, options: Options): Promise<string> {
  const message = await read(content, options).then(
    () => 'accepted',
    (error: Error) => error.message,
  );
  return message.replaceAll(`${folder}/`, '');
}
