-- What is sold, and what the payment providers told us before we know whose it is.

create table plans (
  key text primary key constraint plans_key_check check (key ~ '^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$'),
  name text not null constraint plans_name_check check (char_length(name) between 1 and 200),
  -- { "sso": true }: features the plan has; { "members": 5 }: limits, null for none
  features jsonb not null default '{}' constraint plans_features_check check (jsonb_typeof(features) = 'object'),
  limits jsonb not null default '{}' constraint plans_limits_check check (jsonb_typeof(limits) = 'object'),
  -- where several subscriptions are live, the plan of the highest rank counts
  rank integer not null default 0,
  archived_at timestamptz(3),
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp()
);

create table prices (
  id uuid primary key,
  plan_key text not null constraint prices_plan_key_fkey references plans (key),
  provider text not null constraint prices_provider_check check (char_length(provider) between 1 and 50),
  provider_price_id text not null constraint prices_provider_price_id_check check (char_length(provider_price_id) between 1 and 255),
  currency text not null constraint prices_currency_check check (currency ~ '^[a-z]{3}$'),
  -- in the currency's minor unit
  unit_amount bigint not null constraint prices_unit_amount_check check (unit_amount >= 0),
  recurring_interval text constraint prices_recurring_interval_check check (char_length(recurring_interval) <= 20),
  interval_count integer not null default 1,
  archived_at timestamptz(3),
  created_at timestamptz(3) not null default clock_timestamp(),
  constraint prices_provider_key unique (provider, provider_price_id)
);
create index prices_plan_key_idx on prices (plan_key);

-- Whose customer this is, asked before any tenant is entered.
create table billing_routes (
  provider text not null constraint billing_routes_provider_check check (char_length(provider) between 1 and 50),
  account text not null default '' constraint billing_routes_account_check check (char_length(account) <= 255),
  livemode boolean not null,
  customer_id text not null constraint billing_routes_customer_id_check check (char_length(customer_id) between 1 and 255),
  tenant_id uuid not null constraint billing_routes_tenant_id_fkey references tenants (id) on delete cascade,
  created_at timestamptz(3) not null default clock_timestamp(),
  constraint billing_routes_pkey primary key (provider, account, livemode, customer_id)
);
create index billing_routes_tenant_id_idx on billing_routes (tenant_id);

-- What arrived, byte for byte. A row is here before the provider hears 200, and stays when applying it fails.
create table webhook_inbox (
  id uuid primary key,
  provider text not null constraint webhook_inbox_provider_check check (char_length(provider) between 1 and 50),
  account text not null default '' constraint webhook_inbox_account_check check (char_length(account) <= 255),
  livemode boolean not null,
  event_id text not null constraint webhook_inbox_event_id_check check (char_length(event_id) between 1 and 255),
  event_type text not null constraint webhook_inbox_event_type_check check (char_length(event_type) between 1 and 200),
  -- the provider's customer, when the event names one: its events are applied one at a time
  customer_id text constraint webhook_inbox_customer_id_check check (char_length(customer_id) <= 255),
  -- what it is about: an event that only says that something is gone does not say whose it was, an earlier one may
  object_id text constraint webhook_inbox_object_id_check check (char_length(object_id) between 1 and 255),
  -- on the provider's clock
  occurred_at timestamptz(3) not null,
  payload bytea not null constraint webhook_inbox_payload_check check (octet_length(payload) <= 1048576),
  state text not null default 'pending'
    constraint webhook_inbox_state_check check (state in ('pending', 'done', 'ignored', 'dead')),
  attempts integer not null default 0,
  -- never in the future, not even by rounding
  available_at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  leased_until timestamptz(3),
  lease_token uuid,
  last_error text constraint webhook_inbox_last_error_check check (char_length(last_error) <= 500),
  received_at timestamptz(3) not null default clock_timestamp(),
  finished_at timestamptz(3),
  constraint webhook_inbox_event_key unique (provider, account, livemode, event_id)
);
create index webhook_inbox_pending_idx on webhook_inbox (available_at, id) where state = 'pending';
create index webhook_inbox_customer_idx on webhook_inbox (provider, account, livemode, customer_id, occurred_at) where state = 'pending';
create index webhook_inbox_object_idx on webhook_inbox (provider, account, livemode, object_id) where object_id is not null;
create index webhook_inbox_dead_idx on webhook_inbox (provider, account, livemode, customer_id, id) where state = 'dead';

revoke all on table plans, prices, billing_routes, webhook_inbox from public;
grant select, insert, update, delete on table plans, prices, billing_routes, webhook_inbox to freehold_app;
grant select on table plans, prices, billing_routes to freehold_auditor;
