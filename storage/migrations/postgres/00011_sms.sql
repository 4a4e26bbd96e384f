-- +goose Up

-- contacts.opted_out_at: since when the number wants no text messages
alter table contacts add column opted_out_at timestamptz;

-- deliveries.provider_id: what the provider calls the message; delivered_at: the handset has it;
-- returns: how often the provider took it and gave it back
alter table deliveries add column provider_id text not null default '';
alter table deliveries add column delivered_at timestamptz;
alter table deliveries add column returns smallint not null default 0;
create index deliveries_provider on deliveries (provider_id) where provider_id <> '';
create index deliveries_texts on deliveries (to_address, created_at) where channel = 'sms' and automatic = 1;

-- provider_reports: the furthest that the provider told of a message, which may come before we know its identifier
create table provider_reports (
	id text primary key,
	state text not null,
	level smallint not null,
	at timestamptz not null,
	code integer not null default 0,
	final boolean not null default false,
	opted_out boolean not null default false,
	recipient boolean not null default false,
	tries smallint not null default 0,
	wait_seconds integer not null default 0
);
create index provider_reports_at on provider_reports (at);

-- sms_choices: a number was asked which ticket its text belongs to. held and options are lists
create table sms_choices (
	number text primary key,
	account text not null default '',
	held text not null default '',
	options text not null default '',
	ticket_id bigint not null default 0,
	fresh boolean not null default false,
	asked_at timestamptz not null,
	until_at timestamptz not null
);

-- +goose Down

drop table sms_choices;
drop table provider_reports;
drop index deliveries_texts;
drop index deliveries_provider;
alter table deliveries drop column returns;
alter table deliveries drop column delivered_at;
alter table deliveries drop column provider_id;
alter table contacts drop column opted_out_at;
