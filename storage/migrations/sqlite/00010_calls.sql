-- +goose Up

-- agents.extension: their telephone, as the exchange names it
alter table agents add column extension text not null default '';

-- calls: one row a call, whatever told of it; legs is what was told of each part, as JSON;
-- party is the citizen's number in E.164, '' when there is none
create table calls (
	id integer primary key,
	source text not null,
	call_key text not null,
	direction text not null,
	from_raw text not null default '',
	from_e164 text not null default '',
	to_raw text not null default '',
	to_e164 text not null default '',
	from_withheld boolean not null default false,
	to_withheld boolean not null default false,
	party text not null default '',
	did text not null default '',
	queue text not null default '',
	extension text not null default '',
	rings text not null default '',
	agent_id integer not null default 0,
	started_at datetime not null,
	answered_at datetime,
	ended_at datetime,
	talk_s integer not null default 0,
	wait_s integer not null default 0,
	result text not null default '',
	cause text not null default '',
	recording text not null default '',
	past boolean not null default false,
	legs text not null default '',
	ledger_id integer not null,
	disposition integer not null check (disposition between 0 and 5),
	reason text not null default '',
	ticket_id integer not null default 0,
	message_id integer not null default 0,
	file_key blob,
	file_name text not null default '',
	file_type text not null default '',
	file_size integer not null default 0,
	fetch_at datetime,
	fetch_tries integer not null default 0,
	fetch_error text not null default '',
	decide_at datetime,
	decided_at datetime,
	created_at datetime not null,
	updated_at datetime not null,
	version integer not null
);
create unique index calls_source on calls (source, call_key);
create index calls_started on calls (started_at, id);
create index calls_party on calls (party, started_at, id) where party <> '';
create index calls_agent on calls (agent_id, started_at, id) where agent_id <> 0;
create index calls_ticket on calls (ticket_id, started_at, id) where ticket_id <> 0;
create index calls_no_record on calls (started_at, id) where ticket_id = 0 and result = 'answered' and direction = 'in';
create index calls_decide on calls (decide_at, id) where decide_at is not null;
create index calls_fetch on calls (fetch_at, id) where fetch_at is not null;
create index calls_file on calls (file_key) where file_key is not null;

-- callbacks: the promise of a missed call to be called back, one open a number
create table callbacks (
	ticket_id integer primary key,
	number text not null,
	state text not null,
	missed integer not null default 0,
	first_at datetime not null,
	last_at datetime not null,
	due_at datetime not null,
	attempts integer not null default 0,
	tried_at datetime,
	ended_at datetime,
	line text not null default '',
	version integer not null
);
create unique index callbacks_open on callbacks (number) where state = 'open';
create index callbacks_due on callbacks (due_at, ticket_id) where state = 'open';
create index callbacks_over on callbacks (ended_at, ticket_id) where state <> 'open';

-- +goose Down

drop table callbacks;
drop table calls;
alter table agents drop column extension;
