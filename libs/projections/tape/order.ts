/**
 * Sorting of indexes by natural merging: stretches that are in order already are found and merged pairwise, so that what comes as a few
 * sorted stretches (files imported in any order) takes about one pass. Stable.
 */

/** True when a must stand before b. */
export type Before = (a: number, b: number) => boolean;

export function sortNatural(indexes: Uint32Array, before: Before): Uint32Array {
  let stretches: Uint32Array[] = [];
  let start = 0;
  for (let i = 1; i <= indexes.length; i++) {
    if (i < indexes.length && !before(indexes[i]!, indexes[i - 1]!)) continue;
    stretches.push(indexes.subarray(start, i));
    start = i;
  }
  while (stretches.length > 1) {
    const merged: Uint32Array[] = [];
    for (let i = 0; i < stretches.length; i += 2) {
      const second = stretches[i + 1];
      merged.push(second === undefined ? stretches[i]! : mergeSorted(stretches[i]!, second, before));
    }
    stretches = merged;
  }
  return stretches[0] ?? indexes;
}

export function mergeSorted(a: Uint32Array, b: Uint32Array, before: Before): Uint32Array {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const merged = new Uint32Array(a.length + b.length);
  let i = 0;
  let j = 0;
  for (let k = 0; k < merged.length; k++) {
    const takeSecond = i === a.length || (j < b.length && before(b[j]!, a[i]!));
    merged[k] = takeSecond ? b[j++]! : a[i++]!;
  }
  return merged;
}
