-- What service accounts show instead of a session. A key is 256 random bits, and only its hash is here.

create table api_keys (
  tenant_id uuid not null,
  id uuid not null,
  service_account_id uuid not null,
  name text not null constraint api_keys_name_check check (char_length(name) between 1 and 200),
  -- the start of the key as text: to be recognised by
  prefix text not null constraint api_keys_prefix_check check (char_length(prefix) between 1 and 32),
  secret_hash bytea not null constraint api_keys_secret_hash_check check (octet_length(secret_hash) = 32),
  -- null: all that the account may; else these and no others
  permissions jsonb constraint api_keys_permissions_check check (jsonb_typeof(permissions) = 'array' and pg_column_size(permissions) <= 65536),
  -- addresses and networks that it may come from; none: all
  allowed_ips text[] not null default '{}',
  expires_at timestamptz(3),
  -- to the minute
  last_used_at timestamptz(3),
  revoked_at timestamptz(3),
  -- the key that it was rotated to
  successor_id uuid,
  created_at timestamptz(3) not null default clock_timestamp(),
  constraint api_keys_pkey primary key (tenant_id, id),
  constraint api_keys_service_account_id_fkey
    foreign key (tenant_id, service_account_id) references service_accounts (tenant_id, id) on delete cascade
) with (fillfactor = 80);
create index api_keys_service_account_id_idx on api_keys (tenant_id, service_account_id, id);

select freehold.protect_table('api_keys');
