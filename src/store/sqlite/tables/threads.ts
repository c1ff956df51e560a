// Statements of `thread_buckets`: which mail has which Message-ID, so that an answer finds it.
//
// Nothing is written for a mail alone: an index of its own over hashes cost a tenth of the throughput. Ids of messages
// go up, so 8,192 of them make a bucket; those of the open bucket are held in memory, and a full one is sealed as one
// row: a Bloom filter, kept in memory, and the sorted hashes, read when the filter says "perhaps". Whatever is found is
// compared with the mail's own header, so neither a hash that two share nor a step undone can mislead.

import { hash } from "node:crypto";
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

const BUCKET_MAILS = 8_192;
/** Buckets asked: 12 million mails back, with 24 MB of filters. Beyond them a token or the case's number finds a mail. */
const BUCKETS_MAX = 1_536;
/** A bucket is sealed so many mails after it is full: more than one transaction has, so its mails are all committed. */
const SEAL_LAG = 1_024;
/** Of a SHA-256: enough to be seldom wrong, and with a mail's place in its bucket 53 bits, so one number holds both. */
const HASH_BYTES = 5;
/** Mails of one Message-ID that are kept of each bucket, and answered: some programs give all their mails the same. */
const SAME_MAX = 16;

/** A Message-ID and the mails that have it, oldest first. Hashed only when the bucket is sealed. */
type Entries = Map<string, number[]>;
type Group = { readonly filters: FilterGroup; readonly buckets: number[] };
type State = {
  /** The mails of the bucket `openFrom` and later. */
  open: Entries;
  openFrom: number;
  readonly sealed: Set<number>;
  readonly groups: Group[];
};
type Statements = ReturnType<typeof prepared>;

export function threadStatements(db: Connection) {
  const statements = prepared(db);
  let loaded: State | null = null;
  const state = (): State => (loaded ??= load(statements));

  return {
    /** Mails with this Message-ID, newest first, at most 16. */
    mailsOf(header: string): readonly number[] {
      const isIt = (id: number) => bare((statements.header.get(id) as string | null) ?? "") === bare(header);
      const found = new Set(candidates(statements, state(), bare(header)).filter(isIt));
      return [...found].sort((a, b) => b - a).slice(0, SAME_MAX);
    },
    add(header: string, messageId: number): void {
      const { open, openFrom } = state();
      put(open, bare(header), messageId);
      if (messageId >= (openFrom + 1) * BUCKET_MAILS + SEAL_LAG) sealOpen(statements, state());
    },
    /** Seals one full bucket that is not: of an older version, or undone. Answers whether there may be more. */
    sealOne(): boolean {
      const { sealed, openFrom } = state();
      for (let bucket = openFrom - 1; bucket >= Math.max(0, openFrom - BUCKETS_MAX); bucket--) {
        if (sealed.has(bucket)) continue;
        seal(statements, state(), bucket, entriesOf(statements, bucket, bucket + 1));
        return true;
      }
      return false;
    },
  };
}

function prepared(db: Connection) {
  return {
    header: db.prepare("select message_id_header from messages where id = ?").pluck(),
    headers: db.prepare<unknown[], { id: number; header: string }>(`
      select id, message_id_header as header from messages
      where id >= ? and id < ? and message_id_header is not null order by id`),
    newest: db.prepare("select max(id) from messages").pluck(),
    filters: db.prepare<unknown[], { bucket: number; filter: Uint8Array }>(
      "select bucket, filter from thread_buckets order by bucket desc limit ?",
    ),
    hashes: db.prepare("select hashes from thread_buckets where bucket = ?").pluck(),
    seal: db.prepare("insert or ignore into thread_buckets (bucket, filter, hashes) values (?, ?, ?)"),
  };
}

function load(statements: Statements): State {
  const state: State = { open: new Map(), openFrom: 0, sealed: new Set(), groups: [] };
  for (const { bucket, filter } of statements.filters.all(BUCKETS_MAX)) addFilter(state, bucket, filter);
  const newest = Math.floor(((statements.newest.get() as number | null) ?? 0) / BUCKET_MAILS);
  state.openFrom = newest > 0 && !state.sealed.has(newest - 1) ? newest - 1 : newest;
  state.open = entriesOf(statements, state.openFrom, newest + 1);
  return state;
}

/** What `messages` says of the buckets `from` up to, not including, `to`. */
function entriesOf(statements: Statements, from: number, to: number): Entries {
  const entries: Entries = new Map();
  for (const { id, header } of statements.headers.iterate(from * BUCKET_MAILS, to * BUCKET_MAILS)) {
    put(entries, bare(header), id);
  }
  return entries;
}

function put(entries: Entries, id: string, messageId: number): void {
  const same = entries.get(id);
  if (same === undefined) entries.set(id, [messageId]);
  else {
    same.push(messageId);
    if (same.length > SAME_MAX) same.shift();
  }
}

/** Moves the oldest open bucket to disk. When the transaction is undone, `hashesOf` and the next start make up for it. */
function sealOpen(statements: Statements, state: State): void {
  const bucket = state.openFrom++;
  const full: Entries = new Map();
  const open: Entries = new Map();
  for (const [id, mails] of state.open) {
    for (const mail of mails) put(mail < (bucket + 1) * BUCKET_MAILS ? full : open, id, mail);
  }
  state.open = open;
  seal(statements, state, bucket, full);
}

function seal(statements: Statements, state: State, bucket: number, entries: Entries): void {
  const filter = newFilter();
  const hashes = packed(entries, bucket, (hashed) => addTo(filter, placesOf(hashed)));
  addFilter(state, bucket, filter);
  statements.seal.run(bucket, filter, new Uint8Array(hashes.buffer));
}

function addFilter(state: State, bucket: number, filter: Uint8Array): void {
  let last = state.groups.at(-1);
  if (last === undefined || last.buckets.length === GROUP_FILTERS) {
    last = { filters: newGroup(), buckets: [] };
    state.groups.push(last);
  }
  putInto(last.filters, filter, last.buckets.length);
  last.buckets.push(bucket);
  state.sealed.add(bucket);
}

/** Hashes in order, each with the place of its mail in the bucket; `see` sees each once. */
function packed(entries: Entries, bucket: number, see: (hashed: Buffer) => void): Float64Array {
  const numbers: number[] = [];
  for (const [id, mails] of entries) {
    const hashed = hashOf(id);
    see(hashed);
    for (const mail of mails) numbers.push(numberOf(hashed) + mail - bucket * BUCKET_MAILS);
  }
  return Float64Array.from(numbers).sort();
}

/** Mails that perhaps have this Message-ID: enough of the newest. */
function candidates(statements: Statements, state: State, id: string): number[] {
  const found = [...(state.open.get(id) ?? [])];
  const hashed = hashOf(id);
  const places = placesOf(hashed);
  const buckets = state.groups.flatMap((group) => {
    const perhaps = perhapsIn(group.filters, places);
    return perhaps === 0 ? [] : group.buckets.filter((_, n) => (perhaps & (1 << n)) !== 0);
  });
  for (const bucket of buckets.sort((a, b) => b - a)) {
    if (found.length >= SAME_MAX) break;
    found.push(...mailsIn(hashesOf(statements, bucket), bucket, numberOf(hashed)));
  }
  return found;
}

/** As sealed; worked out anew where the sealing was undone. */
function hashesOf(statements: Statements, bucket: number): Float64Array {
  const bytes = statements.hashes.get(bucket) as Uint8Array | undefined;
  if (bytes !== undefined) return new Float64Array(new Uint8Array(bytes).buffer);
  return packed(entriesOf(statements, bucket, bucket + 1), bucket, () => undefined);
}

function mailsIn(hashes: Float64Array, bucket: number, wanted: number): number[] {
  let from = 0;
  for (let to = hashes.length; from < to; ) {
    const middle = (from + to) >> 1;
    if ((hashes[middle] ?? 0) < wanted) from = middle + 1;
    else to = middle;
  }
  const found: number[] = [];
  for (let n = from; (hashes[n] ?? Number.POSITIVE_INFINITY) < wanted + BUCKET_MAILS; n++) {
    found.push(bucket * BUCKET_MAILS + (hashes[n] ?? 0) - wanted);
  }
  return found;
}

function hashOf(id: string): Buffer {
  return hash("sha256", id, "buffer");
}

/** With room for a place in the bucket. */
function numberOf(hashed: Buffer): number {
  return hashed.readUIntBE(0, HASH_BYTES) * BUCKET_MAILS;
}

/** Some programs lose the angle brackets when they answer. */
function bare(header: string): string {
  return header.slice(header.startsWith("<") ? 1 : 0, header.endsWith(">") ? -1 : undefined);
}
