// Folders of queues, the near side: the words of the gateway to rows and back.

import type { AcknowledgedBy, AcknowledgementRow, DeskStore, ImapSource, NewAcknowledgement } from "../desk.ts";
import type { ImapOrigin } from "../imap.ts";
import { refOf } from "../ref.ts";
import type { ThreadClient } from "./client.ts";
import type { FolderCall } from "./imap-calls.ts";

export type PlaceRow = {
  readonly account: string;
  readonly folder: string;
  readonly uid_validity: string;
  readonly uid: number;
  readonly delivery_id: number | null;
};

export type KnownPlaceRow = {
  readonly uid: number;
  readonly message_id: number | null;
  readonly gone_at: number | null;
};

export type TellCall =
  | { readonly kind: "delivery"; readonly id: number; readonly sha256: string }
  | { readonly kind: "identity"; readonly account: string; readonly identity: Uint8Array };

export type DeskCaseRows = {
  readonly places: readonly (PlaceRow & { readonly seen_at: number; readonly gone_at: number | null })[];
  readonly routings: readonly { readonly alias: string; readonly queue: string; readonly delivery_id: number }[];
};

export type DeskWriteVerbs = {
  keepImapPlace(call: { readonly place: PlaceRow; readonly messageId: number | null; readonly at: number }): void;
  imapPlacesGone(call: FolderCall & { readonly uids: readonly number[]; readonly at: number }): void;
  acknowledge(call: NewAcknowledgement): boolean;
};

export type DeskLookVerbs = {
  imapPlaces(call: FolderCall & { readonly after: number }): readonly KnownPlaceRow[];
  imapPlaceFolders(account: string): readonly string[];
  imapSources(call: { readonly messageId: number; readonly account: string }): readonly (PlaceRow & {
    readonly kind: string;
  })[];
  tellMail(call: TellCall): number | null;
  deskCase(call: { readonly messageId: number; readonly account: string }): DeskCaseRows;
};

export type AcknowledgementRowOut = {
  readonly at: number;
  readonly queue: string;
  readonly how: string;
  readonly by: string;
};

export function deskVerbs(writer: ThreadClient): DeskStore {
  return {
    keepImapPlace: ({ uidValidity: uid_validity, deliveryId: delivery_id, ...place }, messageId, at) =>
      writer.call("keepImapPlace", { place: { ...place, uid_validity, delivery_id }, messageId, at }),
    async imapPlaces(account, folder, uidValidity, after) {
      const rows = await writer.call("imapPlaces", { account, folder, uidValidity, after });
      return rows.map(({ uid, message_id: messageId, gone_at }) => ({ uid, messageId, isGone: gone_at !== null }));
    },
    imapPlacesGone: (account, folder, uidValidity, uids, at) =>
      writer.call("imapPlacesGone", { account, folder, uidValidity, uids, at }),
    imapPlaceFolders: (account) => writer.call("imapPlaceFolders", account),
    async imapSources(messageId, account) {
      const rows = await writer.call("imapSources", { messageId, account });
      return rows.map(({ kind, ...row }) => ({ ...placeOf(row), kind: kind as ImapSource["kind"] }));
    },
    tellMail: (told) =>
      writer.call(
        "tellMail",
        told.kind === "delivery" ? told : { ...told, identity: Buffer.from(told.identity, "hex") },
      ),
    async deskCase(messageId, account) {
      const { places, routings } = await writer.call("deskCase", { messageId, account });
      return {
        ref: refOf(messageId),
        places: places.map(({ seen_at: seenAt, gone_at: goneAt, ...row }) => ({ ...placeOf(row), seenAt, goneAt })),
        routings: routings.map(({ alias, queue, delivery_id: deliveryId }) => ({ alias, queue, deliveryId })),
      };
    },
    acknowledge: (acknowledgement) => writer.call("acknowledge", acknowledgement),
  };
}

function placeOf({ account, folder, uid_validity: uidValidity, uid, delivery_id: deliveryId }: PlaceRow): ImapOrigin & {
  readonly deliveryId: number | null;
} {
  return { account, folder, uidValidity, uid, deliveryId };
}

export function acknowledgementOf({ how, ...row }: AcknowledgementRowOut): AcknowledgementRow {
  return { ...row, how: how as AcknowledgedBy };
}
