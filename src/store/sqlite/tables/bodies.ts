// Statements of `bodies` and `body_chunks`: the bytes of mails, written once, in order.

import type { Connection } from "../open.ts";

/** A chunk's id is its body's id times this plus its place. */
const CHUNKS_PER_BODY = 2 ** 20;
/** How many bytes of a body one answer carries at most, unless a single chunk is larger. */
const PIECE_BYTES = 256 * 1024;

type ChunkRow = { readonly id: number; readonly bytes: Uint8Array };

export function bodyStatements(db: Connection) {
  const open = db.prepare("insert into bodies (id) values (?)");
  const grow = db.prepare<unknown[], { chunks: number }>(
    "update bodies set chunks = chunks + 1, size_bytes = size_bytes + ? where id = ? returning chunks",
  );
  const close = db.prepare<unknown[], { size_bytes: number }>("delete from bodies where id = ? returning size_bytes");
  const put = db.prepare("insert into body_chunks (id, bytes) values (?, ?)");
  const cut = db.prepare(
    "delete from body_chunks where id in (select id from body_chunks where id >= ? and id < ? order by id limit ?)",
  );
  const read = db.prepare<unknown[], ChunkRow>(
    "select id, bytes from body_chunks where id >= ? and id < ? order by id",
  );
  const newest = db.prepare("select max(id) from body_chunks").pluck();
  const newestOpen = db.prepare("select max(id) from bodies").pluck();
  const oldestOpen = db.prepare("select min(id) from bodies").pluck();

  return {
    /** The first body id never used, at start. */
    nextId(): number {
      const chunk = (newest.get() as number | null) ?? 0;
      return Math.max(Math.floor(chunk / CHUNKS_PER_BODY), (newestOpen.get() as number | null) ?? 0) + 1;
    },
    open(bodyId: number): void {
      open.run(bodyId);
    },
    append(bodyId: number, bytes: Uint8Array): void {
      const grown = grow.get(bytes.byteLength, bodyId);
      if (grown === undefined) throw new Error(`body ${bodyId} is not open`);
      if (grown.chunks > CHUNKS_PER_BODY) throw new Error(`body ${bodyId} has too many chunks`);
      put.run(bodyId * CHUNKS_PER_BODY + grown.chunks - 1, bytes);
    },
    /** A whole body at once. */
    put(bodyId: number, bytes: Uint8Array): void {
      put.run(bodyId * CHUNKS_PER_BODY, bytes);
    },
    /** An open body becomes part of a mail; answers its size. From here on its chunks cannot be deleted. */
    take(bodyId: number): number {
      const closed = close.get(bodyId);
      if (closed === undefined) throw new Error(`body ${bodyId} is not open`);
      return closed.size_bytes;
    },
    /** Deletes up to `limit` chunks of an open body, and the body when none is left; answers whether it is gone. */
    cut(bodyId: number, limit: number): boolean {
      const { changes } = cut.run(bodyId * CHUNKS_PER_BODY, (bodyId + 1) * CHUNKS_PER_BODY, limit);
      if (changes === limit) return false;
      close.get(bodyId);
      return true;
    },
    /** An open body with an id below `before`; null when there is none. */
    leftover(before: number): number | null {
      const bodyId = oldestOpen.get() as number | null;
      return bodyId !== null && bodyId < before ? bodyId : null;
    },
    /** The chunks from place `from` on, as many as one answer carries, and where to go on. */
    read(bodyId: number, from: number): { readonly chunks: readonly Uint8Array[]; readonly next: number | null } {
      const chunks: Uint8Array[] = [];
      let size = 0;
      const end = (bodyId + 1) * CHUNKS_PER_BODY;
      for (const row of read.iterate(bodyId * CHUNKS_PER_BODY + from, end)) {
        if (size > 0 && size + row.bytes.byteLength > PIECE_BYTES) return { chunks, next: from + chunks.length };
        chunks.push(row.bytes);
        size += row.bytes.byteLength;
      }
      return { chunks, next: null };
    },
  };
}
