-- A tenant's side of billing: who it is at each provider, and the last that each provider said. Rows are compared by
-- the provider's clock, and what was deleted stays as a tombstone, so that no late event brings it back.

create table payment_customers (
  tenant_id uuid not null,
  id uuid not null,
  organization_id uuid,
  email text constraint payment_customers_email_check check (char_length(email) <= 320),
  name text constraint payment_customers_name_check check (char_length(name) <= 200),
  livemode boolean not null,
  stripe_customer_id text constraint payment_customers_stripe_check check (char_length(stripe_customer_id) <= 255),
  conekta_customer_id text constraint payment_customers_conekta_check check (char_length(conekta_customer_id) <= 255),
  fungies_customer_id text constraint payment_customers_fungies_check check (char_length(fungies_customer_id) <= 255),
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp(),
  constraint payment_customers_pkey primary key (tenant_id, id),
  constraint payment_customers_organization_id_fkey
    foreign key (tenant_id, organization_id) references organizations (tenant_id, id) on delete cascade,
  constraint payment_customers_stripe_key unique (tenant_id, livemode, stripe_customer_id),
  constraint payment_customers_conekta_key unique (tenant_id, livemode, conekta_customer_id),
  constraint payment_customers_fungies_key unique (tenant_id, livemode, fungies_customer_id)
);
create index payment_customers_organization_id_idx on payment_customers (tenant_id, organization_id);

create table subscriptions (
  tenant_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  provider text not null constraint subscriptions_provider_check check (char_length(provider) between 1 and 50),
  account text not null default '' constraint subscriptions_account_check check (char_length(account) <= 255),
  livemode boolean not null,
  provider_subscription_id text not null
    constraint subscriptions_provider_subscription_id_check check (char_length(provider_subscription_id) between 1 and 255),
  -- the provider's own word: providers add new ones
  status text not null constraint subscriptions_status_check check (char_length(status) between 1 and 50),
  -- since when it has been of this status, on the provider's clock
  status_since timestamptz(3) not null,
  -- when we heard of it, on ours: what grace is counted from
  status_seen_at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  plan_key text constraint subscriptions_plan_key_check check (char_length(plan_key) <= 63),
  current_period_start timestamptz(3),
  current_period_end timestamptz(3),
  cancel_at_period_end boolean not null default false,
  trial_end timestamptz(3),
  canceled_at timestamptz(3),
  -- the provider's clock, never ours
  provider_updated_at timestamptz(3) not null,
  -- moves on with every write: what a provider answered to a question asked before one is not written over it
  version bigint not null default 1,
  deleted_at timestamptz(3),
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp(),
  constraint subscriptions_pkey primary key (tenant_id, id),
  constraint subscriptions_customer_id_fkey foreign key (tenant_id, customer_id) references payment_customers (tenant_id, id) on delete cascade,
  constraint subscriptions_provider_key unique (tenant_id, provider, account, livemode, provider_subscription_id)
);
create index subscriptions_customer_id_idx on subscriptions (tenant_id, customer_id);

create table subscription_items (
  tenant_id uuid not null,
  id uuid not null,
  subscription_id uuid not null,
  provider_item_id text not null constraint subscription_items_provider_item_id_check check (char_length(provider_item_id) between 1 and 255),
  provider_price_id text not null constraint subscription_items_provider_price_id_check check (char_length(provider_price_id) between 1 and 255),
  quantity bigint,
  current_period_start timestamptz(3),
  current_period_end timestamptz(3),
  constraint subscription_items_pkey primary key (tenant_id, id),
  constraint subscription_items_subscription_id_fkey
    foreign key (tenant_id, subscription_id) references subscriptions (tenant_id, id) on delete cascade,
  constraint subscription_items_provider_key unique (tenant_id, subscription_id, provider_item_id)
);

create table invoices (
  tenant_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  subscription_id uuid,
  provider text not null constraint invoices_provider_check check (char_length(provider) between 1 and 50),
  account text not null default '' constraint invoices_account_check check (char_length(account) <= 255),
  livemode boolean not null,
  provider_invoice_id text not null constraint invoices_provider_invoice_id_check check (char_length(provider_invoice_id) between 1 and 255),
  number text constraint invoices_number_check check (char_length(number) <= 100),
  status text not null constraint invoices_status_check check (char_length(status) between 1 and 50),
  currency text not null constraint invoices_currency_check check (currency ~ '^[a-z]{3}$'),
  -- in the currency's minor unit
  amount_due bigint not null,
  amount_paid bigint not null,
  hosted_url text constraint invoices_hosted_url_check check (char_length(hosted_url) <= 2048),
  due_at timestamptz(3),
  paid_at timestamptz(3),
  provider_updated_at timestamptz(3) not null,
  -- moves on with every write: what a provider answered to a question asked before one is not written over it
  version bigint not null default 1,
  deleted_at timestamptz(3),
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp(),
  constraint invoices_pkey primary key (tenant_id, id),
  constraint invoices_customer_id_fkey foreign key (tenant_id, customer_id) references payment_customers (tenant_id, id) on delete cascade,
  constraint invoices_subscription_id_fkey foreign key (tenant_id, subscription_id) references subscriptions (tenant_id, id) on delete cascade,
  constraint invoices_provider_key unique (tenant_id, provider, account, livemode, provider_invoice_id)
);
create index invoices_customer_id_idx on invoices (tenant_id, customer_id, created_at);
create index invoices_subscription_id_idx on invoices (tenant_id, subscription_id);

-- Active users are counted from now on, whether or not a plan limits them: here are those who are there already.
alter table users no force row level security;
alter table tenant_counters no force row level security;
insert into tenant_counters (tenant_id, name, value)
select tenant_id, 'limit:members', count(*) from users where status = 'active' group by tenant_id;
alter table users force row level security;
alter table tenant_counters force row level security;

select freehold.protect_table('payment_customers');
select freehold.protect_table('subscriptions');
select freehold.protect_table('subscription_items');
select freehold.protect_table('invoices');
