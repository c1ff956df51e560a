// A Bloom filter: says of a key "certainly not here" or "perhaps here" from a few bits, without reading a page.
// B. H. Bloom, Space/time trade-offs in hash coding with allowable errors, 1970; double hashing after Kirsch and
// Mitzenmacher, 2006.

/** Bits a key. With eight probes one absent key of 1,700 is "perhaps here". */
const BITS_PER_KEY = 16;
const PROBES = 8;

/** Bytes of a filter for so many keys, a power of two. */
export function filterBytes(keys: number): number {
  return 2 ** Math.ceil(Math.log2((keys * BITS_PER_KEY) / 8));
}

/** The places of a key, the same in every filter of any size. The key must be a hash of at least eight bytes. */
export function placesOf(key: Uint8Array): Uint32Array {
  const first = wordAt(key, 0);
  const step = wordAt(key, 4) | 1;
  return Uint32Array.from({ length: PROBES }, (_, probe) => first + Math.imul(probe, step));
}

export function addTo(filter: Uint8Array, places: Uint32Array): void {
  const mask = filter.byteLength * 8 - 1;
  for (const place of places) {
    const bit = place & mask;
    filter[bit >> 3] = (filter[bit >> 3] ?? 0) | (1 << (bit & 7));
  }
}

export function mayHave(filter: Uint8Array, places: Uint32Array): boolean {
  const mask = filter.byteLength * 8 - 1;
  for (const place of places) {
    const bit = place & mask;
    if (((filter[bit >> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
  }
  return true;
}

function wordAt(key: Uint8Array, from: number): number {
  return (
    ((key[from] ?? 0) | ((key[from + 1] ?? 0) << 8) | ((key[from + 2] ?? 0) << 16) | ((key[from + 3] ?? 0) << 24)) >>> 0
  );
}
