// Statements of `secrets`: what only this store knows.

import type { Connection } from "../open.ts";

export function secretStatements(db: Connection) {
  const make = db.prepare("insert or ignore into secrets (name, value) values (?, randomblob(32))");
  const get = db.prepare("select value from secrets where name = ?").pluck();
  /** 32 bytes of chance, made when first asked for. */
  const secret = (name: string) => (): Uint8Array => {
    make.run(name);
    return get.get(name) as Uint8Array;
  };
  return {
    threadKey: secret("thread-key"),
    modelKey: secret("model-key"),
    srsKey: secret("srs-key"),
    linkKey: secret("link-key"),
    canaryKey: secret("canary-key"),
  };
}
