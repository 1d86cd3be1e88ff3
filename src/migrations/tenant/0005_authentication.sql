-- Every way of proving who one is: factors, passkeys, recovery codes, the challenges that are answered with them, the
-- devices they come from, and what is known of how somebody signs in. No secret is here in the clear: what must be
-- read again is sealed by the application's keys, everything else is a hash.

-- 'locked': by a rule or an operator, until somebody unlocks it
alter table users drop constraint users_status_check;
alter table users add constraint users_status_check check (status in ('active', 'disabled', 'locked', 'deleted')) not valid;
-- with the change itself: no release has these tables without it, so there are no rows to wait for
-- squawk-ignore constraint-missing-not-valid
alter table users validate constraint users_status_check;
-- E.164, proven by a code when the time beside it is set
alter table users add column phone text constraint users_phone_check check (char_length(phone) between 4 and 16);
alter table users add column phone_verified_at timestamptz(3);
alter table users add column locked_at timestamptz(3);
alter table users add column lock_reason text constraint users_lock_reason_check check (char_length(lock_reason) <= 200);
-- the column is new and empty: nothing is there to be sorted
-- squawk-ignore require-concurrent-index-creation
create index users_phone_idx on users (tenant_id, phone) where phone is not null;

create table mfa_methods (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  type text not null constraint mfa_methods_type_check check (type in ('totp', 'hardware_token', 'sms', 'email', 'webauthn')),
  name text not null constraint mfa_methods_name_check check (char_length(name) between 1 and 100),
  is_primary boolean not null default false,
  -- of totp and hardware_token, sealed
  secret bytea constraint mfa_methods_secret_check check (octet_length(secret) <= 512),
  -- where codes go: an E.164 number or an address
  target text constraint mfa_methods_target_check check (char_length(target) <= 320),
  -- the first time step or counter that was not used yet: it only moves forward (RFC 6238 5.2, RFC 4226 7.2)
  moving_factor bigint not null default 0,
  -- null: it was not proven yet and counts as none
  confirmed_at timestamptz(3),
  last_used_at timestamptz(3),
  created_at timestamptz(3) not null default clock_timestamp(),
  constraint mfa_methods_pkey primary key (tenant_id, id),
  constraint mfa_methods_user_id_fkey foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
) with (fillfactor = 80);
create index mfa_methods_user_id_idx on mfa_methods (tenant_id, user_id, created_at);

create table webauthn_credentials (
  tenant_id uuid not null,
  -- of its row in mfa_methods, which has the name and the times
  id uuid not null,
  user_id uuid not null,
  credential_id bytea not null constraint webauthn_credentials_credential_id_check check (octet_length(credential_id) between 1 and 1023),
  public_key bytea not null constraint webauthn_credentials_public_key_check check (octet_length(public_key) between 1 and 2048),
  sign_count bigint not null default 0,
  rp_id text not null constraint webauthn_credentials_rp_id_check check (char_length(rp_id) between 1 and 253),
  aaguid text constraint webauthn_credentials_aaguid_check check (char_length(aaguid) <= 36),
  transports text[] not null default '{}',
  -- may be copied to other devices, and whether it has been (WebAuthn 6.1.3)
  backup_eligible boolean not null,
  backup_state boolean not null,
  -- false: a second factor and no way in, since it was there before the owner of the address came
  signs_in boolean not null default true,
  -- a counter went back: there may be a second copy of the key
  clone_suspected_at timestamptz(3),
  created_at timestamptz(3) not null default clock_timestamp(),
  constraint webauthn_credentials_pkey primary key (tenant_id, id),
  constraint webauthn_credentials_id_fkey foreign key (tenant_id, id) references mfa_methods (tenant_id, id) on delete cascade,
  constraint webauthn_credentials_user_id_fkey foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade,
  constraint webauthn_credentials_credential_id_key unique (tenant_id, credential_id)
) with (fillfactor = 80);
create index webauthn_credentials_user_id_idx on webauthn_credentials (tenant_id, user_id);

create table recovery_codes (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  -- SHA-256: a code has 125 random bits
  code_hash bytea not null constraint recovery_codes_code_hash_check check (octet_length(code_hash) = 32),
  used_at timestamptz(3),
  created_at timestamptz(3) not null default clock_timestamp(),
  constraint recovery_codes_pkey primary key (tenant_id, id),
  constraint recovery_codes_user_id_fkey foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade,
  constraint recovery_codes_code_hash_key unique (tenant_id, user_id, code_hash)
);

create table challenges (
  tenant_id uuid not null,
  id uuid not null,
  -- what an answer is good for, and nothing else
  purpose text not null constraint challenges_purpose_check check (char_length(purpose) between 1 and 50),
  user_id uuid,
  -- SHA-256 of the secret that answers it
  secret_hash bytea not null constraint challenges_secret_hash_check check (octet_length(secret_hash) = 32),
  -- SHA-256 of where it was sent, or of whom it was made for
  recipient_hash bytea constraint challenges_recipient_hash_check check (octet_length(recipient_hash) = 32),
  -- the user's epoch when it was made: after a sign-out everywhere or a new password it answers nothing
  epoch integer,
  data jsonb not null default '{}'
    constraint challenges_data_check check (jsonb_typeof(data) = 'object' and pg_column_size(data) <= 65536),
  attempts integer not null default 0,
  expires_at timestamptz(3) not null,
  consumed_at timestamptz(3),
  created_at timestamptz(3) not null default clock_timestamp(),
  constraint challenges_pkey primary key (tenant_id, id),
  constraint challenges_user_id_fkey foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
) with (fillfactor = 80);
create index challenges_user_id_idx on challenges (tenant_id, user_id, purpose, created_at);
create index challenges_recipient_hash_idx on challenges (tenant_id, recipient_hash, purpose, created_at);
create index challenges_expires_at_idx on challenges (tenant_id, expires_at);

create table devices (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  -- SHA-256 of the device's cookie
  secret_hash bytea not null constraint devices_secret_hash_check check (octet_length(secret_hash) = 32),
  -- of what a request tells that does not change from one to the next
  fingerprint bytea constraint devices_fingerprint_check check (octet_length(fingerprint) = 32),
  name text constraint devices_name_check check (char_length(name) <= 100),
  user_agent text constraint devices_user_agent_check check (char_length(user_agent) <= 512),
  ip text constraint devices_ip_check check (char_length(ip) <= 64),
  country text constraint devices_country_check check (char_length(country) = 2),
  first_seen_at timestamptz(3) not null default clock_timestamp(),
  last_seen_at timestamptz(3) not null default clock_timestamp(),
  -- until then no second factor is asked for on it
  trusted_until timestamptz(3),
  revoked_at timestamptz(3),
  constraint devices_pkey primary key (tenant_id, id),
  constraint devices_user_id_fkey foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade,
  constraint devices_secret_hash_key unique (tenant_id, user_id, secret_hash)
) with (fillfactor = 80);
create index devices_user_id_idx on devices (tenant_id, user_id, last_seen_at);

-- What is usual for somebody. It learns from sign-ins that nothing spoke against, and from no others.
create table sign_in_profiles (
  tenant_id uuid not null,
  user_id uuid not null,
  sign_ins bigint not null default 0,
  last_at timestamptz(3),
  last_country text constraint sign_in_profiles_last_country_check check (char_length(last_country) = 2),
  last_latitude double precision,
  last_longitude double precision,
  last_accuracy_km double precision,
  -- country to the time it was last seen, in milliseconds since 1970
  countries jsonb not null default '{}' constraint sign_in_profiles_countries_check check (jsonb_typeof(countries) = 'object'),
  -- sign-ins by hour of the day, UTC
  hours jsonb not null default '{}' constraint sign_in_profiles_hours_check check (jsonb_typeof(hours) = 'object'),
  updated_at timestamptz(3) not null default clock_timestamp(),
  constraint sign_in_profiles_pkey primary key (tenant_id, user_id),
  constraint sign_in_profiles_user_id_fkey foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
) with (fillfactor = 80);

alter table sessions add column device_id uuid;
alter table sessions add column country text constraint sessions_country_check check (char_length(country) = 2);
alter table sessions add column city text constraint sessions_city_check check (char_length(city) <= 100);
alter table sessions add column risk_score double precision constraint sessions_risk_score_check check (risk_score between 0 and 1);
alter table sessions add column risk_flags text[] not null default '{}';
-- an operator who is signed in as this user, and why
alter table sessions add column impersonator_id uuid;
alter table sessions add column impersonation_reason text
  constraint sessions_impersonation_reason_check check (char_length(impersonation_reason) <= 500);
alter table sessions add constraint sessions_device_id_fkey
  foreign key (tenant_id, device_id) references devices (tenant_id, id) on delete cascade not valid;
-- the check reads rows of every tenant, and the owner stands behind the wall too
alter table sessions no force row level security;
-- squawk-ignore constraint-missing-not-valid
alter table sessions validate constraint sessions_device_id_fkey;
alter table sessions force row level security;
-- squawk-ignore require-concurrent-index-creation
create index sessions_device_id_idx on sessions (tenant_id, device_id);

alter table security_events add column risk_score double precision
  constraint security_events_risk_score_check check (risk_score between 0 and 1);
alter table security_events add column risk_flags text[] not null default '{}';
alter table security_events add column ip text constraint security_events_ip_check check (char_length(ip) <= 64);

select freehold.protect_table('mfa_methods');
select freehold.protect_table('webauthn_credentials');
select freehold.protect_table('recovery_codes');
select freehold.protect_table('challenges');
select freehold.protect_table('devices');
select freehold.protect_table('sign_in_profiles');

-- How many sign-ins failed of late: by account, address and network, and in the tenant. Each count halves with time.
create table failure_counts (
  tenant_id uuid not null,
  pool text not null constraint failure_counts_pool_check
    check (pool in ('user', 'ip', 'network', 'tenant', 'ip-accounts', 'network-accounts', 'account-at')),
  -- SHA-256 of whom or what the failures are of
  subject bytea not null constraint failure_counts_subject_check check (octet_length(subject) = 32),
  failures double precision not null,
  updated_at timestamptz(3) not null default clock_timestamp(),
  constraint failure_counts_pkey primary key (tenant_id, pool, subject)
) with (fillfactor = 80);
create index failure_counts_updated_at_idx on failure_counts (tenant_id, updated_at);

select freehold.protect_table('failure_counts');

-- Buckets that fill again: each holds what may still be asked for (a token bucket), counted in one statement
create table rate_limits (
  tenant_id uuid not null,
  name text not null constraint rate_limits_name_check check (char_length(name) between 1 and 100),
  -- SHA-256 of whose bucket it is: an address, an account, the tenant
  subject bytea not null constraint rate_limits_subject_check check (octet_length(subject) = 32),
  capacity bigint not null constraint rate_limits_capacity_check check (capacity > 0),
  window_ms bigint not null constraint rate_limits_window_ms_check check (window_ms > 0),
  tokens double precision not null,
  updated_at timestamptz(3) not null default clock_timestamp(),
  constraint rate_limits_pkey primary key (tenant_id, name, subject)
) with (fillfactor = 80);
create index rate_limits_updated_at_idx on rate_limits (tenant_id, updated_at);

select freehold.protect_table('rate_limits');

-- Operators in other tenants. Rows are the platform tenant's, whose users the operators are; elsewhere it stays empty.
create table operator_stays (
  tenant_id uuid not null,
  -- of an impersonation: its session's
  id uuid not null,
  operator_id uuid not null,
  -- when it began: once the operator has signed out everywhere, it is over
  operator_epoch integer not null,
  kind text not null constraint operator_stays_kind_check check (kind in ('impersonation', 'break-glass')),
  -- no foreign key: what was done in a tenant is kept when the tenant is gone
  entered_tenant_id uuid not null,
  acted_as_id uuid,
  reason text not null constraint operator_stays_reason_check check (char_length(reason) between 1 and 500),
  ip text constraint operator_stays_ip_check check (char_length(ip) <= 64),
  expires_at timestamptz(3) not null,
  ended_at timestamptz(3),
  created_at timestamptz(3) not null default clock_timestamp(),
  constraint operator_stays_pkey primary key (tenant_id, id),
  constraint operator_stays_operator_id_fkey foreign key (tenant_id, operator_id) references users (tenant_id, id) on delete cascade
) with (fillfactor = 80);
create index operator_stays_operator_id_idx on operator_stays (tenant_id, operator_id, id);

select freehold.protect_table('operator_stays');

-- What a tenant keeps for itself under a name, sealed: made once, and never told.
create table tenant_secrets (
  tenant_id uuid not null,
  name text not null constraint tenant_secrets_name_check check (char_length(name) between 1 and 50),
  value bytea not null constraint tenant_secrets_value_check check (octet_length(value) <= 512),
  created_at timestamptz(3) not null default clock_timestamp(),
  constraint tenant_secrets_pkey primary key (tenant_id, name)
);

select freehold.protect_table('tenant_secrets');
