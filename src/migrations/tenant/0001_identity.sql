-- The people of a tenant and their sessions. The same tables, keys and walls in every place where tenants live.
-- Times are kept to the millisecond, as a Date holds them, so that one that was read and comes back (a cursor, a guard)
-- is still the same moment.

create table users (
  tenant_id uuid not null,
  id uuid not null,
  email text not null constraint users_email_check check (char_length(email) between 3 and 320),
  email_norm text not null constraint users_email_norm_check check (char_length(email_norm) between 3 and 320),
  email_verified_at timestamptz(3),
  name text constraint users_name_check check (char_length(name) between 1 and 200),
  status text not null default 'active' constraint users_status_check check (status in ('active', 'disabled', 'deleted')),
  password_hash text constraint users_password_hash_check check (char_length(password_hash) <= 1024),
  password_changed_at timestamptz(3),
  session_epoch integer not null default 0,
  metadata jsonb not null default '{}'
    constraint users_metadata_check check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 65536),
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp(),
  disabled_at timestamptz(3),
  deleted_at timestamptz(3),
  constraint users_pkey primary key (tenant_id, id)
);
create unique index users_email_norm_key on users (tenant_id, email_norm) where status <> 'deleted';
create index users_created_at_idx on users (tenant_id, created_at, id);

create table sessions (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  generation integer not null default 0,
  current_hash bytea not null constraint sessions_current_hash_check check (octet_length(current_hash) = 32),
  previous_hash bytea constraint sessions_previous_hash_check check (octet_length(previous_hash) = 32),
  nonce bytea not null constraint sessions_nonce_check check (octet_length(nonce) between 16 and 32),
  key_id integer not null constraint sessions_key_id_check check (key_id between 1 and 255),
  rotated_at timestamptz(3) not null default clock_timestamp(),
  previous_rotated_at timestamptz(3),
  retries integer not null default 0,
  epoch integer not null,
  assurance_level integer not null default 1 constraint sessions_assurance_level_check check (assurance_level between 1 and 3),
  authentication_methods text[] not null default '{}',
  authenticated_at timestamptz(3) not null default clock_timestamp(),
  ip text constraint sessions_ip_check check (char_length(ip) <= 64),
  user_agent text constraint sessions_user_agent_check check (char_length(user_agent) <= 512),
  idle_expires_at timestamptz(3) not null,
  absolute_expires_at timestamptz(3) not null,
  revoked_at timestamptz(3),
  revoke_reason text constraint sessions_revoke_reason_check check (char_length(revoke_reason) <= 100),
  created_at timestamptz(3) not null default clock_timestamp(),
  constraint sessions_pkey primary key (tenant_id, id),
  constraint sessions_user_id_fkey foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
) with (fillfactor = 80);
create index sessions_user_id_idx on sessions (tenant_id, user_id, created_at);

create table sign_in_attempts (
  tenant_id uuid not null,
  pool text not null constraint sign_in_attempts_pool_check check (char_length(pool) between 1 and 50),
  subject bytea not null constraint sign_in_attempts_subject_check check (octet_length(subject) = 32),
  failures bigint not null default 0,
  blocked_until timestamptz(3) not null default 'epoch',
  updated_at timestamptz(3) not null default clock_timestamp(),
  constraint sign_in_attempts_pkey primary key (tenant_id, pool, subject)
) with (fillfactor = 80);

create table security_events (
  tenant_id uuid not null,
  id uuid not null,
  kind text not null constraint security_events_kind_check check (char_length(kind) between 1 and 100),
  user_id uuid,
  session_id uuid,
  details jsonb not null default '{}'
    constraint security_events_details_check check (jsonb_typeof(details) = 'object' and pg_column_size(details) <= 65536),
  created_at timestamptz(3) not null default clock_timestamp(),
  constraint security_events_pkey primary key (tenant_id, id)
);
create index security_events_created_at_idx on security_events (tenant_id, created_at, id);
create index security_events_user_id_idx on security_events (tenant_id, user_id, created_at);

select freehold.protect_table('users');
select freehold.protect_table('sessions');
select freehold.protect_table('sign_in_attempts');
select freehold.protect_table('security_events');
