// Statements of `imap_places` and `acknowledgements`: where mails lie in mail accounts, and what people show there.

import type { NewAcknowledgement } from "../../desk.ts";
import type { AcknowledgementRowOut, DeskCaseRows, KnownPlaceRow, PlaceRow, TellCall } from "../desk-columns.ts";
import type { FolderCall } from "../imap-calls.ts";
import type { Connection } from "../open.ts";

/** Places in one answer. */
const PAGE_PLACES = 5000;

export function deskStatements(db: Connection) {
  const keep = db.prepare(`
    insert into imap_places (account, folder, uid_validity, uid, message_id, delivery_id, seen_at)
    values (:account, :folder, :uid_validity, :uid, :messageId, :delivery_id, :at)
    on conflict do update set gone_at = null, message_id = coalesce(message_id, excluded.message_id),
      delivery_id = coalesce(delivery_id, excluded.delivery_id)`);
  const gone = db.prepare(`
    update imap_places set gone_at = ?
    where account = ? and folder = ? and uid_validity = ? and uid = ? and gone_at is null`);
  // A folder with new UIDs: what lay there under the old ones is told by what lies there now.
  const outdated = db.prepare(`
    update imap_places set gone_at = ? where account = ? and folder = ? and uid_validity <> ? and gone_at is null`);
  const ack = db.prepare(`
    insert into acknowledgements (at, message_id, queue, how, by) values (:at, :messageId, :queue, :how, :by)
    on conflict do nothing`);
  return {
    keepPlace(place: PlaceRow, messageId: number | null, at: number): void {
      keep.run({ ...place, messageId, at });
    },
    placesGone({ account, folder, uidValidity, uids, at }: FolderCall & { uids: readonly number[]; at: number }): void {
      outdated.run(at, account, folder, uidValidity);
      for (const uid of uids) gone.run(at, account, folder, uidValidity, uid);
    },
    acknowledge: (call: NewAcknowledgement): boolean => ack.run(call).changes > 0,
    ...lookStatements(db),
  };
}

function lookStatements(db: Connection) {
  const page = db.prepare<unknown[], KnownPlaceRow>(`
    select uid, message_id, gone_at from imap_places
    where account = ? and folder = ? and uid_validity = ? and uid > ? order by uid limit ${PAGE_PLACES}`);
  const folders = db
    .prepare("select distinct folder from imap_places where account = ? and gone_at is null and message_id is not null")
    .pluck();
  const sources = db.prepare<unknown[], PlaceRow & { readonly kind: string }>(`
    select account, folder, uid_validity, uid, null as delivery_id, 'original' as kind, 1 as place, fetched_at as at
    from imap_mails where message_id = :messageId and account = :account
    union all
    select p.account, p.folder, p.uid_validity, p.uid, p.delivery_id,
      case when d.left_at is null and d.id is not null then 'current' else 'left' end,
      case when d.left_at is null and d.id is not null then 2 else 0 end, p.seen_at
    from imap_places p left join deliveries d on d.id = p.delivery_id
    where p.message_id = :messageId and p.account = :account and p.gone_at is null
    order by place, at desc`);
  const delivery = db.prepare<unknown[], { message_id: number; sha256: string }>(`
    select d.message_id, m.sha256 from deliveries d join messages m on m.id = d.message_id where d.id = ?`);
  const identity = db
    .prepare<unknown[], number>(
      "select message_id from imap_mails where account = ? and identity = ? order by fetched_at desc limit 1",
    )
    .pluck();
  const places = db.prepare<unknown[], DeskCaseRows["places"][number]>(`
    select account, folder, uid_validity, uid, delivery_id, seen_at, gone_at from imap_places
    where message_id = ? and account = ? order by seen_at`);
  const emptied = db
    .prepare(`
      select count(*) > 0 and count(*) = count(gone_at) from imap_places where delivery_id = ?`)
    .pluck();
  return {
    places: ({ account, folder, uidValidity, after }: FolderCall & { after: number }): readonly KnownPlaceRow[] =>
      page.all(account, folder, uidValidity, after),
    placeFolders: (account: string) => folders.all(account) as readonly string[],
    sources: (call: { messageId: number; account: string }) => sources.all(call),
    tell(call: TellCall): number | null {
      if (call.kind === "identity") return identity.get(call.account, call.identity.subarray(0, 16)) ?? null;
      const found = delivery.get(call.id);
      return found?.sha256.startsWith(call.sha256) === true ? found.message_id : null;
    },
    placesOf: (messageId: number, account: string) => places.all(messageId, account),
    /** What a delivery put there has all been taken away by people. */
    isEmptied: (deliveryId: number): boolean => emptied.get(deliveryId) === 1,
  };
}

/** Questions about acknowledgements, for the reading thread. */
export function acknowledgementQuestions(db: Connection) {
  const ofMessage = db.prepare<[number], AcknowledgementRowOut>(
    "select at, queue, how, by from acknowledgements where message_id = ? order by id",
  );
  return { ofMessage: (messageId: number): readonly AcknowledgementRowOut[] => ofMessage.all(messageId) };
}
