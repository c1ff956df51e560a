-- What was read of a mail has a table of its own, answers find the case they belong to, and there is a key of ours.
--
-- `kind`, `original_sender` and `defects` of `outcomes` hold what was read up to version 1; later rows leave them empty.

-- One row for each decided mail: what was read; `proof` and `found` are null when there is nothing. Never changed.
create table readings (
  message_id integer primary key references messages (id),
  kind text not null,
  original_sender text,
  forwarder text,
  forward_tier text not null check (forward_tier in ('attached', 'inline', 'none')),
  confidence real check (confidence between 0 and 1),
  staff text,
  language text,
  proof text check (json_valid(proof)),
  found text check (json_valid(found))
) strict;

insert or ignore into readings (message_id, kind, original_sender, forward_tier, found)
  select routing_id >> 10, kind, original_sender, 'none',
    case when defects <> '[]' then json_object(
      'v', 1, 'fields', json('[]'), 'refusals', json('[]'), 'failures', json('[]'), 'defects', json(defects)
    ) end
  from outcomes order by routing_id;

-- `hashes` are 40 bits of a SHA-256 times 8,192 plus the mail's place in the bucket, as doubles in order.
--
-- One row for each 8,192 mails, by their ids: a Bloom filter of their Message-IDs, and those as sorted doubles.
create table thread_buckets (
  bucket integer primary key,
  filter blob not null,
  hashes blob not null
) strict;

-- One row for each secret of this store, made by chance when it is first asked for. Never changed.
create table secrets (
  name text primary key,
  value blob not null check (length(value) = 32)
) strict, without rowid;

create trigger readings_stay before update on readings begin select raise(abort, 'readings are never changed'); end;
create trigger readings_kept before delete on readings begin select raise(abort, 'readings are never deleted'); end;
create trigger secrets_stay before update on secrets begin select raise(abort, 'secrets are never changed'); end;
create trigger secrets_kept before delete on secrets begin select raise(abort, 'secrets are never deleted'); end;
