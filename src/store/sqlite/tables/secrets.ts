// Statements of `secrets`: what only this store knows.

import type { Connection } from "../open.ts";

export function secretStatements(db: Connection) {
  const make = db.prepare("insert or ignore into secrets (name, value) values ('thread-key', randomblob(32))");
  const get = db.prepare("select value from secrets where name = 'thread-key'").pluck();
  return {
    /** 32 bytes of chance, made when first asked for. */
    threadKey(): Uint8Array {
      make.run();
      return get.get() as Uint8Array;
    },
  };
}
