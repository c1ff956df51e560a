// Statements of `dedupe_keys` and `dedupe_filters`: which keys were accepted, so that a sender's retry is known.
//
// Keys are hashes, so one index over all of them would touch a cold page for every mail: measured with 1,000,000 keys
// it cost a quarter of the throughput. Keys are therefore written in buckets of a few warm pages each. A full bucket is
// sealed with a Bloom filter, kept in memory, that says without reading a page which few buckets may hold a key.

import { addTo, filterBytes, mayHave, placesOf } from "../filter.ts";
import type { Connection } from "../open.ts";

/** Keys in a bucket: 30 pages, which a busy second fills anyhow; and 122 filters of 16 KiB for 1,000,000 keys. */
const BUCKET_KEYS = 8_192;
/** Bytes kept of a key: two mails of 10^12 share 128 bits with a chance below 10^-14. */
const KEY_BYTES = 16;
/** How long a retry is known. Senders give up after five days (RFC 5321, section 4.5.4.1). */
const KNOWN_MS = 31 * 24 * 3600_000;
/** Stands for the time of a bucket whose seal was lost: always looked into. */
const TIME_UNKNOWN = Number.MAX_SAFE_INTEGER;

type Sealed = { readonly bucket: number; readonly newestAt: number; readonly bits: Uint8Array };

/** The bucket that is written to, and the filters of those before it. */
type Buckets = { open: number; count: number; newestAt: number; sealed: readonly Sealed[] };

type Statements = ReturnType<typeof statementsOf>;
export function dedupeStatements(db: Connection) {
  const statements = statementsOf(db);
  let loaded: Buckets | null = null;
  /** Read with the first mail: an operator's command never needs it. */
  const buckets = (): Buckets => (loaded ??= loadBuckets(statements));

  return {
    /** The routing that had this key before, in the last 31 days; null when none had. */
    known(key: Uint8Array, at: number): number | null {
      const short = shortOf(key);
      const { open, sealed } = buckets();
      const inOpen = statements.find.get(open, short) as number | undefined;
      if (inOpen !== undefined) return inOpen;
      const places = placesOf(short);
      for (const { bucket, newestAt, bits } of sealed) {
        if (newestAt < at - KNOWN_MS || !mayHave(bits, places)) continue;
        const found = statements.find.get(bucket, short) as number | undefined;
        if (found !== undefined) return found;
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

function statementsOf(db: Connection) {
  return {
    insert: db.prepare("insert into dedupe_keys (bucket, key, routing_id) values (?, ?, ?)"),
    find: db.prepare("select routing_id from dedupe_keys where bucket = ? and key = ?").pluck(),
    keys: db.prepare("select key from dedupe_keys where bucket = ?").pluck(),
    newest: db.prepare("select max(bucket) from dedupe_keys").pluck(),
    count: db.prepare("select count(*) from dedupe_keys where bucket = ?").pluck(),
    seal: db.prepare("insert into dedupe_filters (bucket, newest_at, bits) values (?, ?, ?)"),
    filters: db.prepare<unknown[], { bucket: number; newest_at: number; bits: Uint8Array }>(`
      select bucket, newest_at, bits from dedupe_filters
      where newest_at >= (select max(newest_at) from dedupe_filters) - ? order by bucket`),
    unsealed: db
      .prepare(`
        select b.bucket from (
          with recursive b (bucket) as (
            select min(bucket) from dedupe_keys
            union all select (select min(bucket) from dedupe_keys where bucket > b.bucket) from b where bucket is not null
          ) select bucket from b where bucket is not null
        ) b where b.bucket < ? and not exists (select 1 from dedupe_filters f where f.bucket = b.bucket)`)
      .pluck(),
  };
}

function loadBuckets(statements: Statements): Buckets {
  const open = (statements.newest.get() as number | null) ?? 1;
  const sealed = statements.filters
    .all(KNOWN_MS)
    .map(({ bucket, newest_at, bits }) => ({ bucket, newestAt: newest_at, bits }));
  const lost = (statements.unsealed.all(open) as number[]).map((bucket) => ({
    bucket,
    newestAt: TIME_UNKNOWN,
    bits: filterOf(statements, bucket),
  }));
  return { open, count: statements.count.get(open) as number, newestAt: 0, sealed: [...lost, ...sealed] };
}

/**
 * Closes the open bucket. When the transaction around it is undone, the filter stays right, since it may only name too
 * many keys, and nothing more is written to its bucket; the next start finds the bucket unsealed and reads it.
 */
function seal(statements: Statements, state: Buckets): void {
  const { open: bucket, newestAt } = state;
  const bits = filterOf(statements, bucket);
  const recent = state.sealed.filter((one) => one.newestAt >= newestAt - KNOWN_MS);
  state.sealed = [...recent, { bucket, newestAt, bits }];
  state.open++;
  state.count = 0;
  statements.seal.run(bucket, newestAt, bits);
}

function filterOf(statements: Statements, bucket: number): Uint8Array {
  const keys = statements.keys.all(bucket) as Uint8Array[];
  const bits = new Uint8Array(filterBytes(Math.max(keys.length, BUCKET_KEYS)));
  for (const key of keys) addTo(bits, placesOf(key));
  return bits;
}

function shortOf(key: Uint8Array): Uint8Array {
  if (key.byteLength < KEY_BYTES) throw new Error(`a dedupe key is a hash of at least ${KEY_BYTES} bytes`);
  return key.subarray(0, KEY_BYTES);
}
