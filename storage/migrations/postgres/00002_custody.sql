-- +goose Up

-- custody: leg is the number of the present custody (0: nobody ever had the ticket), body_id the outside body that took it over.
-- referrals and consultations are lists.
alter table tickets add column body_id bigint not null default 0;
alter table tickets add column leg smallint not null default 1;
alter table tickets add column custody_to timestamptz;
alter table tickets add column custody_why text not null default 'opened';
alter table tickets add column referrals text not null default '';
alter table tickets add column consultations text not null default '';
update tickets set custody_to = coalesce(resolved_at, closed_at) where state >= 3;

alter table clocks add column leg smallint not null default 0;
alter table clocks add column own_due_at timestamptz;

alter table departments add column leg_hours smallint not null default 0;
alter table categories add column passes text not null default '';

create sequence body_ids;

-- legs: custodies that ended; the present one stands in tickets. Only added to.
create table legs (
	ticket_id bigint not null references tickets(id),
	n smallint not null,
	episode smallint not null,
	department_id bigint not null,
	body_id bigint not null default 0,
	from_at timestamptz not null,
	to_at timestamptz not null,
	seconds bigint not null,
	reason text not null,
	primary key (ticket_id, n)
);
create index legs_department on legs (department_id, to_at, ticket_id);

create table bodies (
	id bigint primary key,
	code text not null,
	names text not null,
	email text not null default '',
	language text not null default '',
	domain text not null default '',
	pattern text not null default '',
	accept_hours smallint not null default 0,
	answer_hours smallint not null default 0,
	disabled boolean not null default false,
	version bigint not null
);
create unique index bodies_code on bodies (code);

-- outside_refs: numbers under which bodies know tickets
create table outside_refs (
	body_id bigint not null,
	number text not null,
	ticket_id bigint not null references tickets(id),
	primary key (body_id, number, ticket_id)
);
create index outside_refs_ticket on outside_refs (ticket_id);

-- +goose Down

drop table outside_refs;
drop table bodies;
drop table legs;
drop sequence body_ids;
alter table categories drop column passes;
alter table departments drop column leg_hours;
alter table clocks drop column own_due_at;
alter table clocks drop column leg;
alter table tickets drop column consultations;
alter table tickets drop column referrals;
alter table tickets drop column custody_why;
alter table tickets drop column custody_to;
alter table tickets drop column leg;
alter table tickets drop column body_id;
