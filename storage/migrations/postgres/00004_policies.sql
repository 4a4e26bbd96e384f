-- +goose Up

-- rules: who made the version, and when
alter table rules add column actor text not null default 'system:config';
alter table rules add column at timestamptz;

-- clocks: the policy that chose the promise, '' when the category did
alter table clocks add column policy text not null default '';
alter table clocks add column policy_version smallint not null default 0;

-- clocks: who is told when, and the steps of that as they stand for the clock
alter table clocks add column ladder text not null default '';
alter table clocks add column ladder_version smallint not null default 0;
alter table clocks add column rungs text not null default '';

-- notices: who is to be told of promises in danger or broken; address is '' until somebody was found
create table notices (
	id bigint primary key,
	ticket_id bigint not null references tickets(id),
	clock text not null,
	step bigint not null,
	tell text not null,
	ladder text not null,
	due_at timestamptz not null,
	at timestamptz not null,
	agent_id bigint not null,
	address text not null,
	send_after timestamptz not null,
	told_at timestamptz
);
create index notices_due on notices (send_after, id) where told_at is null;
create index notices_told on notices (told_at) where told_at is not null;
create index notices_agent on notices (agent_id, id);
create sequence notice_ids;

-- +goose Down

drop sequence notice_ids;
drop table notices;
alter table clocks drop column rungs;
alter table clocks drop column ladder_version;
alter table clocks drop column ladder;
alter table clocks drop column policy_version;
alter table clocks drop column policy;
alter table rules drop column at;
alter table rules drop column actor;
