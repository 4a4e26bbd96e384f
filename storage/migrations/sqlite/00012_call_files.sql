-- +goose Up

-- call_files: how far each file of calls was read; written in the transaction of its rows
create table call_files (
	id integer primary key,
	source text not null,
	name text not null,
	followed boolean not null,
	identity text not null,
	head text not null,
	head_len integer not null,
	offset_bytes integer not null,
	memo text not null,
	state text not null,
	lines integer not null,
	legs integer not null,
	known integer not null,
	ignored integer not null,
	rejected integer not null,
	since datetime,
	last_at datetime,
	started_at datetime not null,
	updated_at datetime not null,
	version integer not null
);
create index call_files_identity on call_files (source, identity, id);
create index call_files_followed on call_files (source, id) where followed;
create index call_files_updated on call_files (updated_at, id);

-- call_legs: the rows of files that are in, so that none comes in twice
create table call_legs (
	source text not null,
	leg text not null,
	primary key (source, leg)
);

-- call_rejects: rows that could not be taken, and why
create table call_rejects (
	file_id integer not null,
	line integer not null,
	kind text not null,
	column_name text not null,
	value text not null,
	primary key (file_id, line)
);

-- what was due in a period, for reports
create index callbacks_period on callbacks (due_at, ticket_id);

-- +goose Down

drop index callbacks_period;
drop table call_rejects;
drop table call_legs;
drop table call_files;
