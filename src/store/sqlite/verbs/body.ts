// Bodies that come in chunks, and those that a crash left behind.

import type { BodyPiece } from "../calls.ts";
import type { Tables } from "../tables.ts";

/** Chunks deleted in one step while sweeping, so that no commit waits long behind it. */
const SWEEP_CHUNKS = 64;

export function openBody(tables: Tables): number {
  const bodyId = tables.takeBodyId();
  tables.bodies.open(bodyId);
  return bodyId;
}

export function dropBody(tables: Tables, { bodyId }: { readonly bodyId: number }): void {
  tables.bodies.cut(bodyId, Number.MAX_SAFE_INTEGER);
}

/** Deletes a little of what an earlier run left; answers whether there may be more. */
export function sweepBodies(tables: Tables): boolean {
  const bodyId = tables.bodies.leftover(tables.firstBodyId);
  if (bodyId === null) return false;
  tables.bodies.cut(bodyId, SWEEP_CHUNKS);
  return true;
}

export function readBody(
  tables: Tables,
  { messageId, from }: { readonly messageId: number; readonly from: number },
): BodyPiece {
  const { bodyId, bodyBytes } = tables.messages.body(messageId);
  return { ...tables.bodies.read(bodyId, from), bodyBytes };
}
