-- +goose Up

-- Facts are derived from tickets and their history; they may be thrown away and made again.
-- clock_facts: a promise. day is the local day of its due instant, settled_day that of the deed or the end, 0 while open: days since 1970.
-- known is the local day on which it came to stand like this. took is calendar seconds.
create table clock_facts (
	ticket_id integer not null,
	clock_id integer not null,
	episode integer not null,
	kind text not null,
	department_id integer not null,
	category_id integer not null,
	channel text not null,
	district text not null,
	language text not null,
	day integer not null,
	due_at datetime,
	settled_at datetime,
	settled_day integer not null,
	outcome text not null,
	code text not null,
	counted integer not null,
	paused_past integer not null,
	waited integer not null,
	took integer not null,
	known integer not null,
	primary key (ticket_id, clock_id)
) without rowid;
create index clock_facts_due on clock_facts (department_id, day, clock_id);
create index clock_facts_settled on clock_facts (department_id, settled_day, clock_id) where settled_day > 0;
create index clock_facts_open on clock_facts (department_id, day, clock_id, kind, due_at) where settled_day = 0;

-- ticket_facts: an episode of a ticket. own, elsewhere, citizen and others are wall seconds.
create table ticket_facts (
	ticket_id integer not null,
	episode integer not null,
	department_id integer not null,
	category_id integer not null,
	channel text not null,
	district text not null,
	language text not null,
	received_day integer not null,
	started_day integer not null,
	hour integer not null,
	next_due_at datetime,
	unvalidated integer not null,
	ended_at datetime,
	ended_day integer not null,
	code text not null,
	by_hand integer not null,
	first integer not null,
	reopened integer not null,
	denied integer not null,
	legs integer not null,
	own integer not null,
	elsewhere integer not null,
	citizen integer not null,
	others integer not null,
	known integer not null,
	primary key (ticket_id, episode)
) without rowid;
create index ticket_facts_started on ticket_facts (department_id, started_day, ticket_id);
create index ticket_facts_ended on ticket_facts (department_id, ended_day, ticket_id) where ended_day > 0;
create index ticket_facts_open on ticket_facts (department_id, received_day, ticket_id, next_due_at, unvalidated) where ended_day = 0;

-- clock_fact_versions, ticket_fact_versions: facts as they stood before, until the local day on which they changed
create table clock_fact_versions (
	ticket_id integer not null,
	clock_id integer not null,
	episode integer not null,
	kind text not null,
	department_id integer not null,
	category_id integer not null,
	channel text not null,
	district text not null,
	language text not null,
	day integer not null,
	due_at datetime,
	settled_at datetime,
	settled_day integer not null,
	outcome text not null,
	code text not null,
	counted integer not null,
	paused_past integer not null,
	waited integer not null,
	took integer not null,
	known integer not null,
	until integer not null,
	primary key (ticket_id, clock_id, until)
) without rowid;
create index clock_fact_versions_due on clock_fact_versions (department_id, day);
create index clock_fact_versions_settled on clock_fact_versions (department_id, settled_day);
create table ticket_fact_versions (
	ticket_id integer not null,
	episode integer not null,
	department_id integer not null,
	category_id integer not null,
	channel text not null,
	district text not null,
	language text not null,
	received_day integer not null,
	started_day integer not null,
	hour integer not null,
	next_due_at datetime,
	unvalidated integer not null,
	ended_at datetime,
	ended_day integer not null,
	code text not null,
	by_hand integer not null,
	first integer not null,
	reopened integer not null,
	denied integer not null,
	legs integer not null,
	own integer not null,
	elsewhere integer not null,
	citizen integer not null,
	others integer not null,
	known integer not null,
	until integer not null,
	primary key (ticket_id, episode, until)
) without rowid;
create index ticket_fact_versions_started on ticket_fact_versions (department_id, started_day);
create index ticket_fact_versions_ended on ticket_fact_versions (department_id, ended_day);

-- suspects: cases that may be part of a sign
create table suspects (
	ticket_id integer not null,
	sign text not null,
	n integer not null,
	department_id integer not null,
	day integer not null,
	at datetime not null,
	actor text not null,
	from_code text not null,
	to_code text not null,
	primary key (ticket_id, sign, n)
) without rowid;
create index suspects_day on suspects (department_id, day, ticket_id);

-- clock_days, ticket_days: facts added up by department (0 = the city), local day and one dimension. spread is a packed histogram, hours 24 counts.
create table clock_days (
	department_id integer not null,
	dimension text not null,
	day integer not null,
	value text not null,
	kind text not null,
	due integer not null,
	met integer not null,
	late integer not null,
	open integer not null,
	ended integer not null,
	unanswered integer not null,
	excluded integer not null,
	paused_past integer not null,
	waited integer not null,
	done integer not null,
	done_met integer not null,
	ended_then integer not null,
	spread blob,
	primary key (department_id, dimension, day, value, kind)
) without rowid;
create table ticket_days (
	department_id integer not null,
	dimension text not null,
	day integer not null,
	value text not null,
	received integer not null,
	hours blob,
	closed integer not null,
	resolved integer not null,
	first integer not null,
	reopened integer not null,
	denied integer not null,
	legs integer not null,
	own integer not null,
	elsewhere integer not null,
	citizen integer not null,
	others integer not null,
	primary key (department_id, dimension, day, value)
) without rowid;

-- standings: what is open in each department, as of the last fold
create table standings (
	department_id integer primary key,
	open integer not null,
	overdue integer not null,
	due_today integer not null,
	unvalidated integer not null,
	oldest_day integer not null
);

-- fact_marks: tickets whose facts are to be derived anew. fact_days: days to be added up anew.
create table fact_marks (
	ticket_id integer not null,
	version integer not null,
	primary key (ticket_id, version)
) without rowid;
create table fact_days (
	department_id integer not null,
	day integer not null,
	primary key (department_id, day)
) without rowid;

-- fact_folds: one row. turn is raised by whoever folds, so that two never write over each other.
create table fact_folds (
	id integer primary key,
	turn integer not null,
	folded_at datetime
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
