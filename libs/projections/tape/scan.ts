/**
 * Reads price and source of a PriceTicked straight from its stored JSON bytes, without making an object of them. Data written by the ledger
 * has one shape, {"instrumentId":…,"price":…,"at":…,"source":…} with the price at exactly the instrument's scale; whatever differs from it
 * is read with JSON.parse, so a scan never answers anything else than a full reading would, it only takes longer.
 */
import { fixed } from '../../domain/decimal';
import type { PriceTicked } from '../../domain/price-events';
import { narrow, type Exact } from './column';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const INSTRUMENT = bytesOf('{"instrumentId":"');
const PRICE = bytesOf('","price":"');
const AT = bytesOf('","at":"');
const SOURCE = bytesOf('","source":"');
const QUALITY = bytesOf('","quality":"');
const END = bytesOf('"}');
const [QUOTE, BACKSLASH, POINT, MINUS, ZERO] = [0x22, 0x5c, 0x2e, 0x2d, 0x30];
/** So many digits always make a safe integer. */
const SAFE_DIGITS = 15;

export class PriceScanner {
  /** Of the last event scanned: the price in units of 10^-scale. */
  price: Exact = 0;
  /** Of the last event scanned. */
  source = '';
  /** The last source as it stands in the bytes. */
  private sourceBytes = new Uint8Array(0);

  /** `scale`: decimals of the instrument's prices. */
  constructor(private readonly scale: number) {}

  /** Reads the data of one PriceTicked, bytes from `start` up to `end`, into `price` and `source`. Throws a defect when it is none. */
  scan(bytes: Uint8Array, start: number, end: number): void {
    if (this.fast(bytes, start, end)) return;
    const { price, source } = JSON.parse(Buffer.from(bytes.subarray(start, end)).toString('utf8')) as PriceTicked['data'];
    this.price = narrow(fixed(price, this.scale));
    this.source = source;
    this.sourceBytes = new Uint8Array(0);
  }

  private fast(bytes: Uint8Array, start: number, end: number): boolean {
    if (!holds(bytes, start, end, INSTRUMENT)) return false;
    let at = plainEnd(bytes, start + INSTRUMENT.length, end);
    if (!holds(bytes, at, end, PRICE)) return false;
    at = this.readPrice(bytes, at + PRICE.length, end);
    if (at < 0 || !holds(bytes, at, end, AT)) return false;
    at = plainEnd(bytes, at + AT.length, end);
    if (!holds(bytes, at, end, SOURCE)) return false;
    at = this.readSource(bytes, at + SOURCE.length, end);
    if (at < 0) return false;
    return at + END.length === end ? holds(bytes, at, end, END) : holds(bytes, at, end, QUALITY);
  }

  /** Answers where the price ends, -1 when it is not plainly of this scale. */
  private readPrice(bytes: Uint8Array, start: number, end: number): number {
    const negative = bytes[start] === MINUS;
    let at = negative ? start + 1 : start;
    const first = at;
    let units = 0;
    let point = -1;
    for (; at < end; at++) {
      const digit = bytes[at]! - ZERO;
      if (digit >= 0 && digit <= 9) units = units * 10 + digit;
      else if (bytes[at] === POINT && point < 0) point = at;
      else break;
    }
    const decimals = point < 0 ? 0 : at - point - 1;
    const digits = at - first - (point < 0 ? 0 : 1);
    if (decimals !== this.scale || digits === decimals || (point >= 0 && decimals === 0)) return -1;
    if (digits <= SAFE_DIGITS) this.price = negative ? 0 - units : units;
    else this.price = narrow(fixed(text(bytes, start, at), this.scale));
    return at;
  }

  /** Answers where the source ends, -1 when it is not plain ASCII. */
  private readSource(bytes: Uint8Array, start: number, end: number): number {
    const known = this.sourceBytes;
    if (bytes[start + known.length] === QUOTE && known.length > 0 && holds(bytes, start, end, known)) return start + known.length;
    const at = plainEnd(bytes, start, end);
    if (bytes[at] !== QUOTE || at >= end) return -1;
    this.source = text(bytes, start, at);
    this.sourceBytes = bytes.slice(start, at);
    return at;
  }
}

function holds(bytes: Uint8Array, at: number, end: number, text: Uint8Array): boolean {
  if (at + text.length > end) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

/** Index of the first byte that is a quote, a backslash or not ASCII. */
function plainEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== QUOTE && bytes[at] !== BACKSLASH && bytes[at]! < 0x80) at++;
  return at;
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}
