// Statements of `dedupe_keys` and `dedupe_filters`: which keys were accepted, so that a sender's retry is known.
//
// Keys are hashes, so one index over all of them would touch a cold page for every mail: measured with 1,000,000 keys
// it cost a quarter of the throughput. Keys are therefore written in buckets of a few warm pages each. A full bucket is
// sealed with a Bloom filter, kept in memory, that says without reading a page which few buckets may hold a key.

import {
  addTo,
  type FilterGroup,
  GROUP_FILTERS,
  newFilter,
  newGroup,
  perhapsIn,
  placesOf,
  putInto,
} from "../filter.ts";
import type { Connection } from "../open.ts";

/** Keys in a bucket: 30 pages, which a busy second fills anyhow; and 122 filters of 16 KiB for 1,000,000 keys. */
const BUCKET_KEYS = 8_192;
/** Bytes kept of a key: two mails of 10^12 share 128 bits with a chance below 10^-14. */
const KEY_BYTES = 16;
/** How long a retry is known. Senders give up after five days (RFC 5321, section 4.5.4.1). */
const KNOWN_MS = 31 * 24 * 3600_000;
/** Stands for the time of a bucket whose seal was lost: always looked into. */
const TIME_UNKNOWN = Number.MAX_SAFE_INTEGER;

type Sealed = { readonly bucket: number; readonly newestAt: number };
type Group = { readonly filters: FilterGroup; readonly sealed: Sealed[] };

/** The bucket that is written to, and the filters of those before it, in groups. */
type Buckets = { open: number; count: number; newestAt: number; groups: Group[] };

type Statements = ReturnType<typeof prepared>;

export function dedupeStatements(db: Connection) {
  const statements = prepared(db);
  let loaded: Buckets | null = null;
  /** Read with the first mail: an operator's command never needs it. */
  const buckets = (): Buckets => (loaded ??= loadBuckets(statements));

  return {
    /** The routing that had this key before, in the last 31 days; null when none had. */
    known(key: Uint8Array, at: number): number | null {
      const short = shortOf(key);
      const { open, groups } = buckets();
      const inOpen = statements.find.get(open, short) as number | undefined;
      if (inOpen !== undefined) return inOpen;
      const places = placesOf(short);
      for (const group of groups) {
        for (const bucket of bucketsOf(group, places, at - KNOWN_MS)) {
          const found = statements.find.get(bucket, short) as number | undefined;
          if (found !== undefined) return found;
        }
      }
      return null;
    },
    insert(key: Uint8Array, routingId: number, at: number): void {
      const state = buckets();
      statements.insert.run(state.open, shortOf(key), routingId);
      state.newestAt = Math.max(state.newestAt, at);
      if (++state.count >= BUCKET_KEYS) seal(statements, state);
    },
  };
}

function prepared(db: Connection) {
  return {
    insert: db.prepare("insert into dedupe_keys (bucket, key, routing_id) values (?, ?, ?)"),
    find: db.prepare("select routing_id from dedupe_keys where bucket = ? and key = ?").pluck(),
    keys: db.prepare("select key from dedupe_keys where bucket = ?").pluck(),
    newest: db.prepare("select max(bucket) from dedupe_keys").pluck(),
    next: db.prepare("select min(bucket) from dedupe_keys where bucket > ?").pluck(),
    count: db.prepare("select count(*) from dedupe_keys where bucket = ?").pluck(),
    seal: db.prepare("insert into dedupe_filters (bucket, newest_at, bits) values (?, ?, ?)"),
    isSealed: db.prepare("select 1 from dedupe_filters where bucket = ?").pluck(),
    filters: db.prepare<unknown[], { bucket: number; newest_at: number; bits: Uint8Array }>(`
      select bucket, newest_at, bits from dedupe_filters
      where newest_at >= (select max(newest_at) from dedupe_filters) - ? order by bucket`),
  };
}

/** The buckets of a group that perhaps hold the key and were still written to after `since`. */
function bucketsOf({ filters, sealed }: Group, places: Uint32Array, since: number): readonly number[] {
  const perhaps = perhapsIn(filters, places);
  if (perhaps === 0) return [];
  const found = sealed.filter(({ newestAt }, n) => (perhaps & (1 << n)) !== 0 && newestAt >= since);
  return found.map(({ bucket }) => bucket);
}

function loadBuckets(statements: Statements): Buckets {
  const open = (statements.newest.get() as number | null) ?? 1;
  const state: Buckets = { open, count: statements.count.get(open) as number, newestAt: 0, groups: [] };
  for (const { bucket, newest_at, bits } of statements.filters.all(KNOWN_MS)) {
    addSealed(state, { bucket, newestAt: newest_at }, bits);
  }
  for (const bucket of unsealed(statements, open)) {
    addSealed(state, { bucket, newestAt: TIME_UNKNOWN }, filterOf(statements, bucket));
  }
  return state;
}

/** Full buckets whose seal was undone with the transaction around it. */
function unsealed(statements: Statements, open: number): readonly number[] {
  const found: number[] = [];
  let bucket = statements.next.get(0) as number | null;
  while (bucket !== null && bucket < open) {
    if (statements.isSealed.get(bucket) === undefined) found.push(bucket);
    bucket = statements.next.get(bucket) as number | null;
  }
  return found;
}

/**
 * Closes the open bucket. When the transaction around it is undone, the filter stays right, since it may only name too
 * many keys, and nothing more is written to its bucket; the next start finds the bucket unsealed and reads it.
 */
function seal(statements: Statements, state: Buckets): void {
  const { open: bucket, newestAt } = state;
  const bits = filterOf(statements, bucket);
  state.groups = state.groups.filter(({ sealed }) => sealed.some((one) => one.newestAt >= newestAt - KNOWN_MS));
  addSealed(state, { bucket, newestAt }, bits);
  state.open++;
  state.count = 0;
  statements.seal.run(bucket, newestAt, bits);
}

function addSealed(state: Buckets, sealed: Sealed, bits: Uint8Array): void {
  let last = state.groups.at(-1);
  if (last === undefined || last.sealed.length === GROUP_FILTERS) {
    last = { filters: newGroup(), sealed: [] };
    state.groups.push(last);
  }
  putInto(last.filters, bits, last.sealed.length);
  last.sealed.push(sealed);
}

function filterOf(statements: Statements, bucket: number): Uint8Array {
  const bits = newFilter();
  for (const key of statements.keys.all(bucket) as Uint8Array[]) addTo(bits, placesOf(key));
  return bits;
}

function shortOf(key: Uint8Array): Uint8Array {
  if (key.byteLength < KEY_BYTES) throw new Error(`a dedupe key is a hash of at least ${KEY_BYTES} bytes`);
  return key.subarray(0, KEY_BYTES);
}
