/**
 * Parts of a year between two moments, exact, by the conventions that fees and rates are quoted in: ACT/365, ACT/360, ACT/365.25, ACT/ACT (ISDA 2006, section 4.16(b)) and
 * 30/360 (US bond basis, 4.16(f) with the February rule left out). Days are calendar days, counted from 1970-01-01.
 */
import type { Ratio } from './decimal';
import type { DayCount } from './fee-schedule';
import { DAY_MILLIS, epochMillis, fromEpochMillis, type Instant, NANOS_PER_DAY } from './instant';

/** The part of a year from one local calendar day to a later one. */
export function dayFraction(dayCount: DayCount, from: number, to: number): Ratio {
  const days = BigInt(to - from);
  switch (dayCount) {
    case 'ACT/365':
      return { num: days, den: 365n };
    case 'ACT/360':
      return { num: days, den: 360n };
    case 'ACT/365.25':
      return { num: days * 4n, den: 1461n };
    case 'ACT/ACT':
      return isda(days, BigInt(leapDays(from, to)));
    case '30/360':
      return { num: thirties(from, to), den: 360n };
  }
}

/** The part of a year between two instants, by their actual time. 30/360 counts no time and is refused where rules are read. */
export function timeFraction(dayCount: Exclude<DayCount, '30/360'>, from: Instant, to: Instant): Ratio {
  const nanos = to - from;
  switch (dayCount) {
    case 'ACT/365':
      return { num: nanos, den: 365n * NANOS_PER_DAY };
    case 'ACT/360':
      return { num: nanos, den: 360n * NANOS_PER_DAY };
    case 'ACT/365.25':
      return { num: nanos * 4n, den: 1461n * NANOS_PER_DAY };
    case 'ACT/ACT': {
      let inLeapYears = 0n;
      for (let year = yearOf(from); year <= yearOf(to); year++) {
        if (!isLeap(year)) continue;
        const [start, end] = [newYear(year), newYear(year + 1)];
        inLeapYears += (to < end ? to : end) - (from > start ? from : start);
      }
      const { num, den } = isda(nanos, inLeapYears);
      return { num, den: den * NANOS_PER_DAY };
    }
  }
}

/** Days in leap years over 366 and the others over 365. */
function isda(all: bigint, inLeapYears: bigint): Ratio {
  return { num: inLeapYears * 365n + (all - inLeapYears) * 366n, den: 365n * 366n };
}

function leapDays(from: number, to: number): number {
  let days = 0;
  const year = (day: number): number => new Date(day * DAY_MILLIS).getUTCFullYear();
  for (let y = year(from); y <= year(to); y++) {
    if (!isLeap(y)) continue;
    days += Math.max(0, Math.min(to, firstDay(y + 1)) - Math.max(from, firstDay(y)));
  }
  return days;
}

function thirties(from: number, to: number): bigint {
  const [a, b] = [new Date(from * DAY_MILLIS), new Date(to * DAY_MILLIS)];
  const first = Math.min(a.getUTCDate(), 30);
  const last = first === 30 ? Math.min(b.getUTCDate(), 30) : b.getUTCDate();
  const months = (b.getUTCFullYear() - a.getUTCFullYear()) * 12 + b.getUTCMonth() - a.getUTCMonth();
  return BigInt(months * 30 + last - first);
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** January 1 as a count of days. */
function firstDay(year: number): number {
  return Math.floor(Date.UTC(year, 0, 1) / DAY_MILLIS);
}

function yearOf(t: Instant): number {
  return new Date(epochMillis(t)).getUTCFullYear();
}

function newYear(year: number): Instant {
  return fromEpochMillis(Date.UTC(year, 0, 1));
}
