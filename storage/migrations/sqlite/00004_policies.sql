-- +goose Up

-- rules: who made the version, and when
alter table rules add column actor text not null default 'system:config';
alter table rules add column at datetime;

-- clocks: the policy that chose the promise, '' when the category did
alter table clocks add column policy text not null default '';
alter table clocks add column policy_version integer not null default 0;

-- clocks: who is told when, and the steps of that as they stand for the clock
alter table clocks add column ladder text not null default '';
alter table clocks add column ladder_version integer not null default 0;
alter table clocks add column rungs text not null default '';

-- notices: who is to be told of promises in danger or broken; address is '' until somebody was found
create table notices (
	id integer primary key,
	ticket_id integer not null references tickets(id),
	clock text not null,
	step integer not null,
	tell text not null,
	ladder text not null,
	due_at datetime not null,
	at datetime not null,
	agent_id integer not null,
	address text not null,
	send_after datetime not null,
	told_at datetime
);
create index notices_due on notices (send_after, id) where told_at is null;
create index notices_told on notices (told_at) where told_at is not null;
create index notices_agent on notices (agent_id, id);

-- +goose Down

drop table notices;
alter table clocks drop column rungs;
alter table clocks drop column ladder_version;
alter table clocks drop column ladder;
alter table clocks drop column policy_version;
alter table clocks drop column policy;
alter table rules drop column at;
alter table rules drop column actor;
