// Bloom filters: they say of a key "certainly not here" or "perhaps here" from a few bits, without reading a page.
// B. H. Bloom, Space/time trade-offs in hash coding with allowable errors, 1970; double hashing after Kirsch and
// Mitzenmacher, 2006. In memory 32 filters lie side by side, one bit of each in a word, so that one look at a place asks
// all of them (BitFunnel, Goodwin and others, 2017): with 140 filters that is 2 us a key instead of 18.

/** Bits of a filter: 16 for each of 8,192 keys. With eight probes one absent key of 1,700 is "perhaps here". */
const FILTER_BITS = 2 ** 17;
const PLACE_MASK = FILTER_BITS - 1;
const PROBES = 8;
/** Filters in a group: the bits of a word. */
export const GROUP_FILTERS = 32;

/** Up to 32 filters: the bit `n` of the word at a place is that of filter `n`. */
export type FilterGroup = Uint32Array;

/** An empty filter, as it is kept on disk. */
export function newFilter(): Uint8Array {
  return new Uint8Array(FILTER_BITS / 8);
}

/** The places of a key in every filter. The key must be a hash of at least eight bytes. */
export function placesOf(key: Uint8Array): Uint32Array {
  const first = wordAt(key, 0);
  const step = wordAt(key, 4) | 1;
  const places = new Uint32Array(PROBES);
  for (let probe = 0; probe < PROBES; probe++) places[probe] = (first + Math.imul(probe, step)) & PLACE_MASK;
  return places;
}

export function addTo(filter: Uint8Array, places: Uint32Array): void {
  for (const place of places) filter[place >> 3] = (filter[place >> 3] ?? 0) | (1 << (place & 7));
}

export function newGroup(): FilterGroup {
  return new Uint32Array(FILTER_BITS);
}

/** Puts a filter into a group as its filter `n`. */
export function putInto(group: FilterGroup, filter: Uint8Array, n: number): void {
  const mine = 1 << n;
  filter.forEach((byte, at) => {
    for (let rest = byte, place = at * 8; rest > 0; rest >>= 1, place++) {
      if ((rest & 1) === 1) group[place] = (group[place] ?? 0) | mine;
    }
  });
}

/** Which filters of a group perhaps have the key: bit `n` for filter `n`. */
export function perhapsIn(group: FilterGroup, places: Uint32Array): number {
  let perhaps = -1;
  for (const place of places) {
    perhaps &= group[place] ?? 0;
    if (perhaps === 0) return 0;
  }
  return perhaps;
}

function wordAt(key: Uint8Array, from: number): number {
  return (key[from] ?? 0) | ((key[from + 1] ?? 0) << 8) | ((key[from + 2] ?? 0) << 16) | ((key[from + 3] ?? 0) << 24);
}
