-- A table of the host's own, behind the same wall as Freehold's: every row belongs to a tenant, and no statement sees
-- a row of another one, whatever it forgets to say.

create table notes (
  tenant_id uuid not null,
  id uuid not null default gen_random_uuid(),
  author_id uuid not null,
  body text not null constraint notes_body_check check (char_length(body) between 1 and 500),
  created_at timestamptz(3) not null default clock_timestamp(),
  constraint notes_pkey primary key (tenant_id, id),
  constraint notes_author_id_fkey foreign key (tenant_id, author_id) references freehold.users (tenant_id, id) on delete cascade
);
create index notes_author_id_idx on notes (tenant_id, author_id);
create index notes_created_at_idx on notes (tenant_id, created_at);

select freehold.protect_table('notes');
