-- What is known before any tenant is entered: who the tenants are, where their rows live, which domains are theirs.

create table tenants (
  id uuid primary key,
  slug text not null constraint tenants_slug_check check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])$'),
  name text not null constraint tenants_name_check check (char_length(name) between 1 and 200),
  status text not null default 'active'
    constraint tenants_status_check check (status in ('active', 'suspended', 'moving', 'deleted', 'purging')),
  isolation_level text not null default 'shared'
    constraint tenants_isolation_level_check check (isolation_level in ('shared', 'semi-isolated', 'fully-isolated')),
  database_host text constraint tenants_database_host_check check (char_length(database_host) <= 255),
  database_port integer constraint tenants_database_port_check check (database_port between 1 and 65535),
  database_name text constraint tenants_database_name_check check (char_length(database_name) <= 63),
  database_schema text constraint tenants_database_schema_check check (char_length(database_schema) <= 63),
  plan text constraint tenants_plan_check check (char_length(plan) <= 100),
  settings jsonb not null default '{}'
    constraint tenants_settings_check check (jsonb_typeof(settings) = 'object' and pg_column_size(settings) <= 65536),
  feature_flags jsonb not null default '{}'
    constraint tenants_feature_flags_check check (jsonb_typeof(feature_flags) = 'object' and pg_column_size(feature_flags) <= 65536),
  version bigint not null default 1,
  suspended_reason text constraint tenants_suspended_reason_check check (char_length(suspended_reason) <= 500),
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp(),
  suspended_at timestamptz(3),
  deleted_at timestamptz(3),
  constraint tenants_slug_key unique (slug)
);
create index tenants_created_at_idx on tenants (created_at, id);

create table tenant_domains (
  id uuid primary key,
  tenant_id uuid not null constraint tenant_domains_tenant_id_fkey references tenants (id) on delete cascade,
  domain text not null constraint tenant_domains_domain_check check (char_length(domain) between 3 and 253 and domain = lower(domain)),
  verification_token text not null constraint tenant_domains_verification_token_check check (char_length(verification_token) <= 100),
  verified_at timestamptz(3),
  created_at timestamptz(3) not null default clock_timestamp(),
  constraint tenant_domains_tenant_id_domain_key unique (tenant_id, domain)
);
create unique index tenant_domains_verified_key on tenant_domains (domain) where verified_at is not null;

revoke all on table tenants, tenant_domains from public;
grant select, insert, update, delete on table tenants, tenant_domains to freehold_app;
grant select on table tenants, tenant_domains to freehold_auditor;

-- The platform tenant: the host itself. Its users are the operators.
insert into tenants (id, slug, name)
values ('00000000-0000-7000-8000-000000000000', 'platform', 'Platform');
