-- Folders of queues in mail accounts are the desk's own page: what people do there is read from where mails lie.

-- One row for each place in an account where a mail of ours lies or lay; a mail that is none of ours has no message.
create table imap_places (
  account text not null,
  folder text not null,
  uid_validity text not null,
  uid integer not null,
  message_id integer references messages (id),
  -- The delivery that put it there; null: people did.
  delivery_id integer references deliveries (id),
  seen_at integer not null,
  -- Since when it is not there any more.
  gone_at integer,
  primary key (account, folder, uid_validity, uid)
) strict, without rowid;
create index imap_places_by_message on imap_places (message_id, account);
create index imap_places_by_delivery on imap_places (delivery_id) where delivery_id is not null;
create trigger imap_places_kept before delete on imap_places
  begin select raise(abort, 'where a mail lay is never forgotten'); end;

-- One row for each time people of a queue showed that they have seen a mail. Never changed.
create table acknowledgements (
  id integer primary key,
  at integer not null,
  message_id integer not null references messages (id),
  queue text not null,
  how text not null check (how in ('flagged', 'answered')),
  by text not null,
  unique (message_id, queue, how)
) strict;
create trigger acknowledgements_stay before update on acknowledgements
  begin select raise(abort, 'acknowledgements are never changed'); end;
create trigger acknowledgements_kept before delete on acknowledgements
  begin select raise(abort, 'acknowledgements are never deleted'); end;
