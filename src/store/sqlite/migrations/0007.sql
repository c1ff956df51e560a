-- Mailboxes watched by IMAP. The cursor of a folder is UIDVALIDITY and UID, never a flag or a date.

-- One row for each watched folder: how far it is read.
create table imap_cursors (
  account text not null,
  folder text not null,
  uid_validity text not null,
  uid integer not null,
  -- From when on its mails are ours.
  since integer not null,
  -- When all of it was last compared with `imap_mails`; null: never.
  reconciled_at integer,
  -- How many of the mails found missing last are done, while many are fetched; null: nothing is under way.
  fetch_done integer,
  fetch_all integer,
  primary key (account, folder)
) strict, without rowid;

-- One row for each mail of a watched folder that is ours, by its place there; a folder that gets new UIDs adds rows.
create table imap_mails (
  account text not null,
  folder text not null,
  uid_validity text not null,
  uid integer not null,
  message_id integer not null references messages (id),
  -- Half a hash of body and writer's headers: by it the mail is known again under another UID.
  identity blob not null check (length(identity) = 16),
  fetched_at integer not null,
  -- When the original was marked (keyword, copy, move); null: it is still to be done.
  marked_at integer,
  primary key (account, folder, uid_validity, uid)
) strict, without rowid;
create index imap_mails_by_identity on imap_mails (account, identity);
create index imap_mails_unmarked on imap_mails (account, folder, uid_validity, uid) where marked_at is null;
create index imap_mails_by_message on imap_mails (message_id);

-- One row for each time an operator asked for folders and rows to be compared. Never changed.
create table imap_wishes (
  id integer primary key,
  at integer not null,
  by text not null
) strict;
create trigger imap_wishes_stay before update on imap_wishes begin select raise(abort, 'wishes are never changed'); end;
create trigger imap_mails_kept before delete on imap_mails
  begin select raise(abort, 'where a mail came from is never forgotten'); end;
