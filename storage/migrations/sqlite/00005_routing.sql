-- +goose Up

-- routings: every version of the routing rules and of the districts, as JSON
create table routings (
	kind text not null,
	version integer not null,
	at datetime not null,
	actor text not null default '',
	body text not null,
	primary key (kind, version)
);

-- turns: whose turn it last was where a department's tickets are shared out
create table turns (
	department_id integer primary key,
	agent_id integer not null default 0
);

-- absences: begun_at is when the tickets of who is away had been handed over
create table absences (
	id integer primary key,
	agent_id integer not null,
	from_at datetime not null,
	until_at datetime not null,
	substitute_id integer not null default 0,
	hand_over boolean not null default false,
	begun_at datetime,
	version integer not null
);
create index absences_until on absences (until_at);

alter table departments add column sharing text not null default '';
alter table tickets add column district_id integer;
create index tickets_work_district on tickets (district_id, due_at, id) where state < 3 and district_id is not null;
create index tickets_done_district on tickets (district_id, received_at, id) where state >= 3 and spam = 0 and district_id is not null;

-- +goose Down
drop index tickets_done_district;
drop index tickets_work_district;
alter table tickets drop column district_id;
alter table departments drop column sharing;
drop table absences;
drop table turns;
drop table routings;
