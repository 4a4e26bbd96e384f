-- +goose Up

-- Facts are derived from tickets and their history; they may be thrown away and made again.
-- clock_facts: a promise. day is the local day of its due instant, settled_day that of the deed or the end, 0 while open: days since 1970.
-- known is the local day on which it came to stand like this. took is calendar seconds.
create table clock_facts (
	ticket_id bigint not null,
	clock_id bigint not null,
	episode smallint not null,
	kind text not null,
	department_id bigint not null,
	category_id bigint not null,
	channel text not null,
	district text not null,
	language text not null,
	day integer not null,
	due_at timestamptz,
	settled_at timestamptz,
	settled_day integer not null,
	outcome text not null,
	code text not null,
	counted smallint not null,
	paused_past smallint not null,
	waited smallint not null,
	took bigint not null,
	known integer not null,
	primary key (ticket_id, clock_id)
);
create index clock_facts_due on clock_facts (department_id, day, clock_id);
create index clock_facts_settled on clock_facts (department_id, settled_day, clock_id) where settled_day > 0;
create index clock_facts_open on clock_facts (department_id, day, clock_id, kind, due_at) where settled_day = 0;

-- ticket_facts: an episode of a ticket. own, elsewhere, citizen and others are wall seconds.
create table ticket_facts (
	ticket_id bigint not null,
	episode smallint not null,
	department_id bigint not null,
	category_id bigint not null,
	channel text not null,
	district text not null,
	language text not null,
	received_day integer not null,
	started_day integer not null,
	hour smallint not null,
	next_due_at timestamptz,
	unvalidated smallint not null,
	ended_at timestamptz,
	ended_day integer not null,
	code text not null,
	by_hand smallint not null,
	first smallint not null,
	reopened smallint not null,
	denied smallint not null,
	legs smallint not null,
	own bigint not null,
	elsewhere bigint not null,
	citizen bigint not null,
	others bigint not null,
	known integer not null,
	primary key (ticket_id, episode)
);
create index ticket_facts_started on ticket_facts (department_id, started_day, ticket_id);
create index ticket_facts_ended on ticket_facts (department_id, ended_day, ticket_id) where ended_day > 0;
create index ticket_facts_open on ticket_facts (department_id, received_day, ticket_id, next_due_at, unvalidated) where ended_day = 0;

-- clock_fact_versions, ticket_fact_versions: facts as they stood before, until the local day on which they changed
create table clock_fact_versions (
	ticket_id bigint not null,
	clock_id bigint not null,
	episode smallint not null,
	kind text not null,
	department_id bigint not null,
	category_id bigint not null,
	channel text not null,
	district text not null,
	language text not null,
	day integer not null,
	due_at timestamptz,
	settled_at timestamptz,
	settled_day integer not null,
	outcome text not null,
	code text not null,
	counted smallint not null,
	paused_past smallint not null,
	waited smallint not null,
	took bigint not null,
	known integer not null,
	until integer not null,
	primary key (ticket_id, clock_id, until)
);
create index clock_fact_versions_due on clock_fact_versions (department_id, day);
create index clock_fact_versions_settled on clock_fact_versions (department_id, settled_day);
create table ticket_fact_versions (
	ticket_id bigint not null,
	episode smallint not null,
	department_id bigint not null,
	category_id bigint not null,
	channel text not null,
	district text not null,
	language text not null,
	received_day integer not null,
	started_day integer not null,
	hour smallint not null,
	next_due_at timestamptz,
	unvalidated smallint not null,
	ended_at timestamptz,
	ended_day integer not null,
	code text not null,
	by_hand smallint not null,
	first smallint not null,
	reopened smallint not null,
	denied smallint not null,
	legs smallint not null,
	own bigint not null,
	elsewhere bigint not null,
	citizen bigint not null,
	others bigint not null,
	known integer not null,
	until integer not null,
	primary key (ticket_id, episode, until)
);
create index ticket_fact_versions_started on ticket_fact_versions (department_id, started_day);
create index ticket_fact_versions_ended on ticket_fact_versions (department_id, ended_day);

-- suspects: cases that may be part of a sign
create table suspects (
	ticket_id bigint not null,
	sign text not null,
	n smallint not null,
	department_id bigint not null,
	day integer not null,
	at timestamptz not null,
	actor text not null,
	from_code text not null,
	to_code text not null,
	primary key (ticket_id, sign, n)
);
create index suspects_day on suspects (department_id, day, ticket_id);

-- clock_days, ticket_days: facts added up by department (0 = the city), local day and one dimension. spread is a packed histogram, hours 24 counts.
create table clock_days (
	department_id bigint not null,
	dimension text not null,
	day integer not null,
	value text not null,
	kind text not null,
	due bigint not null,
	met bigint not null,
	late bigint not null,
	open bigint not null,
	ended bigint not null,
	unanswered bigint not null,
	excluded bigint not null,
	paused_past bigint not null,
	waited bigint not null,
	done bigint not null,
	done_met bigint not null,
	ended_then bigint not null,
	spread bytea,
	primary key (department_id, dimension, day, value, kind)
);
create table ticket_days (
	department_id bigint not null,
	dimension text not null,
	day integer not null,
	value text not null,
	received bigint not null,
	hours bytea,
	closed bigint not null,
	resolved bigint not null,
	first bigint not null,
	reopened bigint not null,
	denied bigint not null,
	legs bigint not null,
	own bigint not null,
	elsewhere bigint not null,
	citizen bigint not null,
	others bigint not null,
	primary key (department_id, dimension, day, value)
);

-- standings: what is open in each department, as of the last fold
create table standings (
	department_id bigint primary key,
	open bigint not null,
	overdue bigint not null,
	due_today bigint not null,
	unvalidated bigint not null,
	oldest_day integer not null
);

-- fact_marks: tickets whose facts are to be derived anew. fact_days: days to be added up anew.
create table fact_marks (
	ticket_id bigint not null,
	version bigint not null,
	primary key (ticket_id, version)
);
create table fact_days (
	department_id bigint not null,
	day integer not null,
	primary key (department_id, day)
);

-- fact_folds: one row. turn is raised by whoever folds, so that two never write over each other.
create table fact_folds (
	id smallint primary key,
	turn bigint not null,
	folded_at timestamptz
);
insert into fact_folds (id, turn) values (1, 0);
insert into fact_marks (ticket_id, version) select id, version from tickets;

-- +goose Down

drop table fact_folds;
drop table fact_days;
drop table fact_marks;
drop table standings;
drop table ticket_days;
drop table clock_days;
drop table suspects;
drop table ticket_fact_versions;
drop table clock_fact_versions;
drop table ticket_facts;
drop table clock_facts;
