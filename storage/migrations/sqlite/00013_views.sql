-- +goose Up

-- saved_views: lists that members of staff keep; departments: whose members a shared one is for (none: everybody)
create table saved_views (
	id integer primary key,
	owner_id integer not null,
	shared boolean not null,
	departments text not null default '',
	name text not null,
	place integer not null default 0,
	list text not null,
	department_id integer not null default 0,
	category_id integer not null default 0,
	district_id integer not null default 0,
	channel text not null default '',
	priority text not null default '',
	assignee_id integer not null default 0,
	tag text not null default '',
	sort text not null default '',
	falling boolean not null default false,
	version integer not null
);
create index saved_views_owner on saved_views (owner_id);

-- templates: ready-made answers, by language
create table templates (
	id integer primary key,
	name text not null,
	department_id integer not null default 0,
	texts text not null default '',
	disabled boolean not null default false,
	version integer not null
);
create unique index templates_name on templates (name);

-- questions: who still owes a ticket the answer to a consultation
create table questions (
	department_id integer not null,
	ticket_id integer not null,
	primary key (department_id, ticket_id)
);

-- +goose Down

drop table questions;
drop table templates;
drop table saved_views;
