-- +goose Up

-- routings: every version of the routing rules and of the districts, as JSON
create table routings (
	kind text not null,
	version bigint not null,
	at timestamptz not null,
	actor text not null default '',
	body text not null,
	primary key (kind, version)
);

-- turns: whose turn it last was where a department's tickets are shared out
create table turns (
	department_id bigint primary key,
	agent_id bigint not null default 0
);

-- absences: begun_at is when the tickets of who is away had been handed over
create table absences (
	id bigint primary key,
	agent_id bigint not null,
	from_at timestamptz not null,
	until_at timestamptz not null,
	substitute_id bigint not null default 0,
	hand_over boolean not null default false,
	begun_at timestamptz,
	version bigint not null
);
create sequence absence_ids;
create index absences_until on absences (until_at);

alter table departments add column sharing text not null default '';
alter table tickets add column district_id bigint;
create index tickets_work_district on tickets (district_id, due_at, id) where state < 3 and district_id is not null;
create index tickets_done_district on tickets (district_id, received_at, id) where state >= 3 and spam = 0 and district_id is not null;

-- +goose Down
drop index tickets_done_district;
drop index tickets_work_district;
alter table tickets drop column district_id;
alter table departments drop column sharing;
drop sequence absence_ids;
drop table absences;
drop table turns;
drop table routings;
