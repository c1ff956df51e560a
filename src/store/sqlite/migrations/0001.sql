-- The first shape of the store. Times are milliseconds since 1970, UTC. `delivered` is final; what is accepted stays.
--
-- Ids that say where they belong need no index to be found:
--   body_chunks.id = body_id * 1048576 + place of the chunk   (2^20 chunks a body)
--   routings.id    = message_id * 1024 + place of the routing (2^10 recipients a message)

-- One row for each body that is still coming in; accepting a mail removes the row, a crash leaves it to be swept.
create table bodies (
  id integer primary key,
  chunks integer not null default 0,
  size_bytes integer not null default 0
) strict;

-- The bytes of mails as received, in order; a small mail is one chunk.
create table body_chunks (
  id integer primary key,
  bytes blob not null
) strict;

-- One row for each accepted mail: how it reached us. Never changed.
create table messages (
  id integer primary key,
  body_id integer not null,
  body_bytes integer not null,
  door text not null check (door in ('smtp', 'lmtp', 'submission', 'imap')),
  received_at integer not null,
  client_address text not null,
  client_helo text not null,
  client_tls integer not null check (client_tls in (0, 1)),
  client_user text,
  mail_from text not null,
  smtp_utf8 integer not null check (smtp_utf8 in (0, 1)),
  body_8bit integer not null check (body_8bit in (0, 1)),
  dsn_return text check (dsn_return in ('FULL', 'HDRS')),
  dsn_envelope_id text,
  size_bytes integer not null,
  sha256 text not null,
  message_id_header text
) strict;

-- One row for each alias a mail was accepted for, and whether it is decided.
create table routings (
  id integer primary key,
  message_id integer not null references messages (id) check (message_id = id >> 10),
  alias text not null,
  address text not null,
  tag text not null,
  dsn_notify text not null,
  dsn_original text,
  state text not null check (state in ('deciding', 'decided', 'held')),
  held_reason text check ((held_reason is not null) = (state = 'held')),
  changed_at integer not null
) strict;

create index routings_open on routings (state) where state <> 'decided';

-- One row for each routing that a sender may try again, in buckets in order of time; the key is half a SHA-256.
create table dedupe_keys (
  bucket integer not null,
  key blob not null check (length(key) = 16),
  routing_id integer not null references routings (id),
  primary key (bucket, key)
) strict, without rowid;

-- One row for each full bucket: a Bloom filter of its keys, so that look-ups skip it unread.
create table dedupe_filters (
  bucket integer primary key,
  newest_at integer not null,
  bits blob not null
) strict;

-- One row for each alias: how many routings were ever accepted. The other side of the balance.
create table accounts (
  alias text primary key,
  accepted integer not null
) strict, without rowid;

-- One row for each mail and queue it must reach, and how far that is. Routings of one mail to one queue share it;
-- `routing_id` is the one whose outcome labels it.
create table deliveries (
  id integer primary key,
  message_id integer not null references messages (id),
  routing_id integer not null references routings (id),
  queue text not null,
  urgency text not null check (urgency in ('P1', 'P2', 'P3', 'P4')),
  state text not null check (state in ('waiting', 'leased', 'delivered', 'held')),
  attempts integer not null,
  created_at integer not null,
  next_at integer not null,
  lease_owner text check ((lease_owner is not null) = (state = 'leased')),
  lease_until integer check ((lease_until is not null) = (state = 'leased')),
  in_doubt integer not null default 0 check (in_doubt in (0, 1)),
  reason text,
  unique (message_id, queue)
) strict;

-- Everything not yet delivered, in the order it is claimed: small, however many rows are old.
create index deliveries_open on deliveries (state, queue, urgency, next_at) where state <> 'delivered';
create index deliveries_in_doubt on deliveries (id) where in_doubt = 1;

-- One row for each routing decided: what was decided and why. Never changed.
create table outcomes (
  routing_id integer primary key references routings (id),
  delivery_id integer not null references deliveries (id),
  decided_at integer not null,
  alias text not null,
  request_type text,
  urgency text not null check (urgency in ('P1', 'P2', 'P3', 'P4')),
  department text,
  queue text not null,
  review integer not null check (review in (0, 1)),
  decided_by text not null,
  rules text not null check (json_valid(rules)),
  rules_hash text not null,
  duration_micros integer not null,
  kind text not null,
  original_sender text,
  defects text not null check (json_valid(defects)),
  why text not null check (json_valid(why))
) strict;

-- Reports and lists read this narrow copy in order of time and not the wide rows with their evidence.
create index outcomes_by_time on outcomes (decided_at, queue, alias, urgency, request_type, rules);

-- One row for each attempt to deliver: how it ended. Never changed.
create table attempts (
  delivery_id integer not null references deliveries (id),
  attempt integer not null,
  started_at integer not null,
  ended_at integer not null,
  code text not null,
  text text not null,
  primary key (delivery_id, attempt)
) strict, without rowid;

-- One row for each time a sender repeated a mail we had already: nothing else was kept of it. Never changed.
create table duplicates (
  id integer primary key,
  routing_id integer not null references routings (id),
  message_id integer not null references messages (id),
  alias text not null,
  at integer not null
) strict;
create index duplicates_by_message on duplicates (message_id);

create trigger messages_stay before update on messages begin select raise(abort, 'messages are never changed'); end;
create trigger messages_kept before delete on messages begin select raise(abort, 'messages are never deleted'); end;
create trigger outcomes_stay before update on outcomes begin select raise(abort, 'outcomes are never changed'); end;
create trigger outcomes_kept before delete on outcomes begin select raise(abort, 'outcomes are never deleted'); end;
create trigger attempts_stay before update on attempts begin select raise(abort, 'attempts are never changed'); end;
create trigger attempts_kept before delete on attempts begin select raise(abort, 'attempts are never deleted'); end;
create trigger duplicates_stay before update on duplicates begin select raise(abort, 'duplicates are never changed'); end;
create trigger duplicates_kept before delete on duplicates begin select raise(abort, 'duplicates are never deleted'); end;
create trigger routings_kept before delete on routings begin select raise(abort, 'routings are never deleted'); end;
create trigger deliveries_kept before delete on deliveries begin select raise(abort, 'deliveries are never deleted'); end;
create trigger body_chunks_stay before update on body_chunks begin select raise(abort, 'bodies are never changed'); end;
create trigger body_chunks_kept before delete on body_chunks
  when not exists (select 1 from bodies where id = old.id >> 20)
  begin select raise(abort, 'the body of an accepted mail is never deleted'); end;
create trigger delivered_is_final before update of state on deliveries when old.state = 'delivered'
  begin select raise(abort, 'delivered is final'); end;
